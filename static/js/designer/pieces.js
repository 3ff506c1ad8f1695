// @ts-check
/** Small elements of the field editor. */

/**
 * @param {string} word
 * @param {() => void} run
 * @param {{ className?: string, label?: string, disabled?: boolean }} [options] `label` for an icon that stands alone
 */
export function button(word, run, { className = "btn", label = "", disabled = false } = {}) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = className;
  made.textContent = word;
  made.disabled = disabled;
  if (label) {
    made.setAttribute("aria-label", label);
    made.title = label;
  }
  made.addEventListener("click", run);
  return made;
}

/** A text input that is named by its row. @param {string} label @param {string} value @param {(value: string) => void} changed */
export function cell(label, value, changed) {
  const input = document.createElement("input");
  input.type = "text";
  input.value = value;
  input.autocomplete = "off";
  input.setAttribute("aria-label", label);
  input.addEventListener("input", () => changed(input.value));
  return input;
}

let count = 0;

/**
 * A control with its label above, or for a tick beside it.
 * @param {string} title @param {string} help @param {HTMLElement} control @param {boolean} [tick]
 */
export function labelled(title, help, control, tick = false) {
  const box = document.createElement("div");
  box.className = tick ? "field check" : "field";
  control.id = `designer-${(count += 1)}`;
  const label = document.createElement("label");
  label.htmlFor = control.id;
  label.textContent = title;
  box.append(...(tick ? [control, label] : [label, control]));
  if (help) {
    const note = document.createElement("p");
    note.className = "help";
    note.id = `${control.id}-help`;
    note.textContent = help;
    control.setAttribute("aria-describedby", note.id);
    box.append(note);
  }
  return box;
}
