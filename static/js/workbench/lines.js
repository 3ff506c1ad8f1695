// @ts-check
/** The links, drawn over the dialogue between the marks they join. Screen readers have them as a list in the panel. */
import { fieldType } from "../fields/index.js";
import { toSpan } from "../fields/span.js";

const SVG = "http://www.w3.org/2000/svg";
const HEAD = 5;
// A word stands in the middle of its line, or further along or beside it, so that it covers no other one.
const PLACES = [0.5, 0.36, 0.64, 0.24, 0.76, 0.14, 0.86];
const LETTER_PX = 6.4;
const CHIP_PX = 19;

/**
 * @typedef {import("./types.js").Span} Span
 * @typedef {{
 *   field: import("./types.js").FieldConfig, label: string, from: Span, to: Span, current: boolean, suggested: boolean,
 *   pick: () => void,
 * }} Line
 * @typedef {{ x: number, y: number, width: number }} Box
 */

export class Lines {
  /** @param {import("./dialogue.js").Dialogue} dialogue */
  constructor(dialogue) {
    this.dialogue = dialogue;
    this.bench = dialogue.bench;
    this.layer = document.createElement("div");
    this.layer.className = "link-layer";
    this.layer.setAttribute("aria-hidden", "true");
    this.svg = document.createElementNS(SVG, "svg");
    this.chips = document.createElement("div");
    this.layer.append(this.svg, this.chips);
    /** What a click on each word picks. @type {WeakMap<Element, () => void>} */
    this.picks = new WeakMap();
    this.chips.addEventListener("click", (event) => this.picks.get(/** @type {Element} */ (event.target))?.());
    // The layer lies in what is scrolled, so scrolling needs nothing; whatever moves the text does.
    new ResizeObserver(() => this.update()).observe(dialogue.pane);
    void document.fonts?.ready.then(() => this.update());
  }

  open() {
    const linked = this.bench.store.fields.some((field) => fieldType(field).lines);
    if (linked) this.dialogue.pane.append(this.layer);
    else this.layer.remove();
  }

  /** Once for a picture, when all else is drawn: asking where marks lie makes the browser lay the page out. */
  update() {
    if (this.asked || !this.layer.isConnected) return;
    this.asked = requestAnimationFrame(() => this.#update());
  }

  #update() {
    this.asked = 0;
    if (!this.layer.isConnected) return;
    const frame = this.dialogue.pane.getBoundingClientRect();
    const lines = this.bench.store.fields.flatMap((field) => fieldType(field).lines?.(field, this.bench) ?? []);
    /** @type {Box[]} */
    const taken = [];
    const drawn = lines.flatMap((line) => this.#draw(line, frame, taken) ?? []);
    this.svg.replaceChildren(...drawn.map((one) => one.path));
    this.chips.replaceChildren(...drawn.map((one) => one.chip));
  }

  /** @param {Line} line @param {DOMRect} frame @param {Box[]} taken where other lines have their word */
  #draw(line, frame, taken) {
    const [from, to] = [this.#boxes(line.from), this.#boxes(line.to)];
    if (!from.length || !to.length) return null;
    const { d, head, along } = route(from, to, frame);
    const path = document.createElementNS(SVG, "g");
    this.bench.paint(/** @type {any} */ (path), line.field, line.label);
    path.classList.toggle("suggested", line.suggested);
    path.classList.toggle("current", line.current);
    for (const shape of [d, line.field.directed === false ? "" : head]) {
      const part = document.createElementNS(SVG, "path");
      part.setAttribute("d", shape);
      path.append(part);
    }
    const chip = document.createElement("span");
    chip.className = "link-chip";
    chip.classList.toggle("suggested", line.suggested);
    chip.classList.toggle("current", line.current);
    this.bench.paint(chip, line.field, line.label);
    chip.textContent = this.bench.titleOf(line.field, line.label);
    const { x, y } = freePlace(along, chip.textContent.length * LETTER_PX + 18, taken);
    chip.style.setProperty("left", `${x}px`);
    chip.style.setProperty("top", `${y}px`);
    this.picks.set(chip, line.pick);
    return { path, chip };
  }

  /** Where a span is drawn: one box for each line of text that it takes. @param {Span} wanted */
  #boxes(wanted) {
    const turn = this.dialogue.turns[wanted.turn];
    if (!turn) return [];
    const index = this.bench.marksOn(wanted.turn).findIndex(({ span }) => {
      const one = toSpan(/** @type {any} */ (span));
      return span === wanted || (one.start === wanted.start && one.end === wanted.end && one.label === wanted.label);
    });
    const marks = turn.bubble.querySelectorAll(`mark[data-index="${index}"]`);
    return [...marks].flatMap((mark) => [...mark.getClientRects()]).filter((box) => box.width > 0);
  }
}

/**
 * A curve from the facing edges of two stretches; within one line of text an arch over it.
 * @param {DOMRect[]} from
 * @param {DOMRect[]} to
 * @param {DOMRect} frame
 */
function route(from, to, frame) {
  const level = Math.abs(from[0].top - to[0].top) < from[0].height;
  const down = !level && from[0].top < to[0].top;
  const [a, b] = level ? [from[0], to[0]] : down ? [/** @type {DOMRect} */ (from.at(-1)), to[0]] : [from[0], /** @type {DOMRect} */ (to.at(-1))];
  const start = { x: a.left + a.width / 2 - frame.left, y: (down ? a.bottom : a.top) - frame.top };
  const end = { x: b.left + b.width / 2 - frame.left, y: (down || level ? b.top : b.bottom) - frame.top };
  const bow = level ? 26 : Math.max(14, Math.abs(end.y - start.y) / 2);
  const out = down ? bow : -bow;
  const into = level ? -bow : -out;
  const d = `M${start.x} ${start.y}C${start.x} ${start.y + out} ${end.x} ${end.y + into} ${end.x} ${end.y}`;
  const side = Math.sign(into) * HEAD;
  const head = `M${end.x - HEAD} ${end.y + side * 1.4}L${end.x} ${end.y}L${end.x + HEAD} ${end.y + side * 1.4}`;
  /** @param {number} t how far along the curve, 0 to 1 */
  const along = (t) => {
    const [a3, a2, a1, a0] = [(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t ** 2, t ** 3];
    return {
      x: (a3 + a2) * start.x + (a1 + a0) * end.x,
      y: a3 * start.y + a2 * (start.y + out) + a1 * (end.y + into) + a0 * end.y,
    };
  };
  return { d, head, along };
}

/**
 * @param {(t: number) => { x: number, y: number }} along
 * @param {number} width of the word
 * @param {Box[]} taken
 */
function freePlace(along, width, taken) {
  const covers = (/** @type {{ x: number, y: number }} */ one) => taken.some((other) =>
    Math.abs(other.x - one.x) < (other.width + width) / 2 && Math.abs(other.y - one.y) < CHIP_PX);
  const middle = along(0.5);
  const beside = [1, -1, 2, -2, 3, -3].map((side) => ({ x: Math.max(width / 2, middle.x + (side * width) / 2), y: middle.y }));
  const place = [...PLACES.map(along), ...beside].find((one) => !covers(one)) ?? middle;
  taken.push({ ...place, width });
  return place;
}
