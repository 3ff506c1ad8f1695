// @ts-check
// Keys of the teacher queue: a accepts, s releases as it stands, a digit chooses the score, f goes to the feedback
// (Escape leaves it), n skips.

/** @param {string} selector @returns {HTMLElement | null} */
const one = (selector) => document.querySelector(selector);

/** @param {KeyboardEvent} event */
function onKey(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (target.closest("textarea, select, input:not([type=radio]):not([type=checkbox])")) {
    if (event.key === "Escape") target.blur();
    return;
  }
  const digit = /^Digit([0-9])$/.exec(event.code)?.[1];
  if (digit) one(`input[data-step="${digit}"]`)?.click();
  else if (event.key === "a") one('button[value="accept"]')?.click();
  else if (event.key === "s") one('button[value="change"]')?.click();
  else if (event.key === "f") one("#feedback")?.focus();
  else if (event.key === "n") one("a[data-next]")?.click();
  else return;
  event.preventDefault();
}

document.addEventListener("keydown", onKey);
