// @ts-check
/**
 * `?` shows the keys of any page: those that its buttons carry as <kbd>, and g with a number for the pages of the main
 * navigation. The workbench has a sheet of its own.
 */
const GO_WITHIN_MS = 1500;
let went = -Infinity;

/** @param {EventTarget | null} target */
const typing = (target) => target instanceof Element && Boolean(target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]"));

const links = () => /** @type {HTMLAnchorElement[]} */ ([...document.querySelectorAll("#top-nav a")]);

/** @param {string} key @param {string} words */
function row(key, words) {
  const line = document.createElement("div");
  const term = document.createElement("dt");
  const sign = document.createElement("kbd");
  sign.textContent = key;
  term.append(sign);
  const about = document.createElement("dd");
  about.textContent = words;
  line.append(term, about);
  return line;
}

/** What a control is called, without its key. @param {Element} control */
function nameOf(control) {
  const copy = /** @type {Element} */ (control.cloneNode(true));
  for (const sign of copy.querySelectorAll("kbd")) sign.remove();
  return control.getAttribute("aria-label") || copy.textContent?.replace(/\s+/g, " ").trim() || "";
}

/** @param {HTMLDialogElement} sheet */
function fill(sheet) {
  const found = new Map();
  for (const sign of document.querySelectorAll("main kbd")) {
    const control = sign.closest("a, button, label, summary");
    const name = control && nameOf(control);
    if (name && !found.has(sign.textContent)) found.set(sign.textContent, name);
  }
  sheet.querySelector("[data-keys-own]")?.replaceChildren(...[...found].map(([key, name]) => row(key, name)));
  const pages = links().slice(0, 9).map((link, n) => row(String(n + 1), link.textContent?.trim() ?? ""));
  sheet.querySelector("[data-keys-nav]")?.replaceChildren(...pages);
  const head = sheet.querySelector("[data-keys-go]");
  if (head instanceof HTMLElement) head.hidden = !pages.length;
}

document.addEventListener("keydown", (event) => {
  const sheet = document.getElementById("keys-sheet");
  if (!(sheet instanceof HTMLDialogElement) || event.defaultPrevented) return;
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const number = event.timeStamp - went < GO_WITHIN_MS ? Number(event.key) : 0;
  went = event.key === "g" ? event.timeStamp : -Infinity;
  if (event.key === "?") {
    fill(sheet);
    sheet.showModal();
  } else if (number) links()[number - 1]?.click();
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, { capture: true });
