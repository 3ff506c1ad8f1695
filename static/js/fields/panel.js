// @ts-check
/** The frame that every field has in the panel: title, kind, help, problems. */

/** @param {import("./index.js").FieldConfig} field @param {string} language */
export const titleIn = (field, language) => (language.toLowerCase().startsWith("zh") && field.title_zh) || field.title || field.name;

/**
 * @param {import("./index.js").FieldConfig} field
 * @param {import("../workbench/bench.js").Bench} bench
 * @param {string} kind the word at the right of the title
 */
export function panel(field, bench, kind) {
  const chinese = bench.language.toLowerCase().startsWith("zh");
  const element = document.createElement("section");
  element.className = "bench-field";
  element.dataset.field = field.name;
  const head = document.createElement("div");
  head.className = "bench-field-head";
  const title = document.createElement("h2");
  title.id = `field-${field.name}`;
  title.textContent = titleIn(field, bench.language);
  const note = document.createElement("span");
  note.className = "tiny";
  note.textContent = field.required ? kind : `${kind} · ${bench.t("optional")}`;
  head.append(title, note);
  element.append(head);
  const help = (chinese && field.help_zh) || field.help;
  if (help) {
    const line = document.createElement("p");
    line.className = "tiny";
    line.textContent = help;
    element.append(line);
  }
  const problems = document.createElement("div");
  problems.className = "bench-problems";
  problems.setAttribute("role", "alert");
  element.append(problems);
  return { element, title, problems };
}

/**
 * One group of options that is a single stop for Tab; arrows move inside it, Space chooses.
 * @param {HTMLElement} group
 */
export function rove(group) {
  const options = () => /** @type {HTMLElement[]} */ ([...group.querySelectorAll("[data-option]:not(:disabled)")]);
  group.addEventListener("keydown", (event) => {
    const forward = event.key === "ArrowDown" || event.key === "ArrowRight";
    if (!forward && event.key !== "ArrowUp" && event.key !== "ArrowLeft") return;
    if (event.shiftKey || event.altKey) return;
    const all = options();
    const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const next = all[(at + (forward ? 1 : -1) + all.length) % all.length];
    all.forEach((option) => (option.tabIndex = option === next ? 0 : -1));
    next?.focus();
    event.preventDefault();
    event.stopPropagation();
  });
  // A click must not take the focus away from the dialogue, or arrow keys would stop moving through it.
  group.addEventListener("mousedown", (event) => event.preventDefault());
}

/**
 * A label as a button: swatch, word, key.
 * @param {import("../workbench/types.js").Label} label
 * @param {"radio" | "checkbox" | "button"} role
 */
export function option(label, role) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "bench-option";
  button.dataset.option = label.name;
  button.tabIndex = -1;
  if (role !== "button") button.setAttribute("role", role);
  const word = document.createElement("span");
  word.textContent = label.title;
  button.append(word);
  const sure = document.createElement("span");
  sure.className = "sure tiny";
  button.append(sure);
  if (label.key) {
    const key = document.createElement("kbd");
    key.textContent = label.key;
    key.setAttribute("aria-hidden", "true");
    button.append(key);
    button.setAttribute("aria-keyshortcuts", label.key);
  }
  return button;
}

/**
 * A label as a button, with the colour of its marks, or of its lines, before the word.
 * @param {{ bench: import("../workbench/bench.js").Bench, field: import("./index.js").FieldConfig, press: (label: string) => void }} view
 * @param {import("../workbench/types.js").Label} label
 * @param {"swatch" | "swatch line"} look
 */
export function colouredOption(view, label, look) {
  const button = option(label, "button");
  const swatch = document.createElement("i");
  swatch.className = look;
  view.bench.paint(swatch, view.field, label.name);
  button.prepend(swatch);
  button.addEventListener("click", () => view.press(label.name));
  return button;
}
