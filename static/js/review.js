// @ts-check
// Keys of the review page: a approves, 1-9 take an answer or label, Shift and a number tick an answer to be sent
// back, r goes to the reasons (then a number picks one, or words and Enter), n skips.

/** @param {string} selector @returns {HTMLElement[]} */
const all = (selector) => [...document.querySelectorAll(selector)].map((one) => /** @type {HTMLElement} */ (one));

/** @param {KeyboardEvent} event */
function onKey(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (target.id === "reason") return onReasonKey(event, /** @type {HTMLInputElement} */ (target));
  if (target.closest("input:not([type=checkbox]), textarea, select")) return;
  const digit = /^Digit([1-9])$/.exec(event.code)?.[1];
  if (digit && event.shiftKey) all(`input[data-back="${digit}"]`).at(0)?.click();
  else if (digit) /** @type {HTMLFormElement | undefined} */ (all("form[data-choice]")[Number(digit) - 1])?.requestSubmit();
  else if (event.key === "a") all('input[value="approve"]').at(0)?.closest("form")?.requestSubmit();
  else if (event.key === "r") document.getElementById("reason")?.focus();
  else if (event.key === "n") all("a[data-next]").at(0)?.click();
  else return;
  event.preventDefault();
}

/**
 * A number picks a reason while no word has been written; Escape goes back to the other keys.
 * @param {KeyboardEvent} event
 * @param {HTMLInputElement} input
 */
function onReasonKey(event, input) {
  const digit = /^[1-9]$/.test(event.key) && !input.value ? Number(event.key) : 0;
  const reason = digit ? all("button[data-reason]")[digit - 1] : undefined;
  if (event.key === "Escape") input.blur();
  else if (reason) reason.click();
  else return;
  event.preventDefault();
}

document.addEventListener("keydown", onKey);
