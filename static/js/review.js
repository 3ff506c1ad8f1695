// Keys of the review page: a approves, 1-9 take an answer, r goes to the reason for rejecting, n skips.

/** @param {KeyboardEvent} event */
function onKey(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, textarea, select")) return;
  const choices = [...document.querySelectorAll("form[data-choice]")];
  if (event.key === "a") document.querySelector('input[value="approve"]')?.closest("form")?.requestSubmit();
  else if (event.key === "r") document.getElementById("reason")?.focus();
  else if (event.key === "n") document.querySelector("a[data-next]")?.click();
  else if (/^[1-9]$/.test(event.key)) choices[Number(event.key) - 1]?.requestSubmit();
  else return;
  event.preventDefault();
}

document.addEventListener("keydown", onKey);
