// @ts-check
import { button, cell } from "./pieces.js";

const COLOURS = ["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"];

/**
 * The labels of one field as rows: key, colour, name, what people read.
 *
 * @typedef {string | { name: string, title?: string, title_zh?: string, color?: string }} Raw
 * @typedef {{ words: import("../workbench/types.js").Words, path: string, keys: string[],
 *   change: (redraw: boolean, focus?: string) => void }} Around  `path` is the field's pointer
 */

/** @param {Raw} label */
const open = (label) => (typeof label === "string" ? { name: label } : { ...label });

/** A label that is only a name is written as one. @param {Record<string, any>} label @returns {Raw} */
function close(label) {
  const kept = Object.fromEntries(Object.entries(label).filter(([key, value]) => key === "name" || value));
  return Object.keys(kept).length === 1 ? kept.name : /** @type {Raw} */ (kept);
}

/** @param {{ labels?: Raw[] }} field @param {Around} around */
export function labelRows(field, around) {
  const { words, path, change } = around;
  const labels = Array.isArray(field.labels) ? field.labels : (field.labels = []);
  const box = document.createElement("div");
  box.className = "labels";
  labels.forEach((_, n) => box.append(row(labels, n, around)));
  box.append(button(words("add_label"), () => {
    labels.push("");
    change(true, `${path}/labels/${labels.length - 1}/name`);
  }, { className: "btn small" }));
  return box;
}

/** @param {Raw[]} labels @param {number} n @param {Around} around */
function row(labels, n, { words, path, keys, change }) {
  const label = /** @type {Record<string, any>} */ (open(labels[n]));
  const line = document.createElement("div");
  line.className = "label-row";
  const key = document.createElement("kbd");
  key.textContent = keys[n] || "·";
  key.title = words("col_key");
  line.append(key, colour(label, n, () => put("color", label.color)));
  /** @param {string} name @param {any} value */
  function put(name, value) {
    label[name] = value;
    labels[n] = close(label);
    change(false);
  }
  for (const name of ["name", "title", "title_zh"]) {
    const input = cell(words(`label_${name}`, { n: n + 1 }), label[name] ?? "", (value) => put(name, value));
    input.placeholder = words(`col_${name}`);
    input.dataset.path = `${path}/labels/${n}/${name}`;
    line.append(input);
  }
  line.append(button("↑", () => {
    [labels[n - 1], labels[n]] = [labels[n], labels[n - 1]];
    change(true, `${path}/labels/${n - 1}/name`);
  }, { className: "icon-btn", label: words("up_label", { n: n + 1 }), disabled: n === 0 }));
  line.append(button("×", () => {
    labels.splice(n, 1);
    change(true, labels.length ? `${path}/labels/${Math.max(0, n - 1)}/name` : "");
  }, { className: "icon-btn", label: words("remove_label", { n: n + 1 }) }));
  return line;

  /** @param {Record<string, any>} one @param {number} at @param {() => void} done */
  function colour(one, at, done) {
    const wrap = document.createElement("span");
    wrap.className = "label-colour";
    const swatch = document.createElement("i");
    const select = document.createElement("select");
    select.setAttribute("aria-label", words("label_color", { n: at + 1 }));
    const values = ["", ...COLOURS, ...(one.color && !COLOURS.includes(one.color) ? [one.color] : [])];
    for (const value of values) select.append(new Option(value ? (COLOURS.includes(value) ? words(value) : value) : words("auto"), value));
    select.value = one.color ?? "";
    const paint = () => {
      swatch.className = `swatch ${COLOURS.includes(select.value) ? select.value : ""}`;
      swatch.style.setProperty("--c", select.value.startsWith("#") ? select.value : "");
    };
    paint();
    select.addEventListener("change", () => {
      one.color = select.value;
      paint();
      done();
    });
    wrap.append(swatch, select);
    return wrap;
  }
}
