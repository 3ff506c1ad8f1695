// @ts-check
// Keys of the moderation queue: 1-9 choose a label and go to the reason, r goes to the reason, n to the next post;
// Enter in the reason decides, Escape leaves it.

/** @param {string} selector @returns {HTMLElement | null} */
const find = (selector) => document.querySelector(selector);

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = /** @type {HTMLElement} */ (event.target);
  if (target.id === "reason") {
    if (event.key === "Escape") target.blur();
    return;
  }
  if (target.closest("input:not([type=radio]), textarea, select")) return;
  if (/^[1-9]$/.test(event.key)) {
    const choice = /** @type {HTMLInputElement | null} */ (find(`input[data-key="${event.key}"]`));
    if (!choice) return;
    choice.checked = true;
    find("#reason")?.focus();
  } else if (event.key === "r") find("#reason")?.focus();
  else if (event.key === "n") find("a[data-next]")?.click();
  else return;
  event.preventDefault();
}

document.addEventListener("keydown", onKey);
