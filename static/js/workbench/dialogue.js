// @ts-check
import { toSpan } from "../fields/span.js";
import { chosen } from "../fields/choice.js";
import { fieldType } from "../fields/index.js";
import { titleIn } from "../fields/panel.js";
import { percent } from "../fields/proposal.js";
import { Lines } from "./lines.js";
import { layoutMarks } from "./marks.js";

// From here on the browser lays out only the turns in sight.
const LONG = 40;

/** @typedef {{ word: string, kind: "live-still" | "suggested" }} Chip */

/** @param {Chip} chip */
function makeChip({ word, kind }) {
  const chip = document.createElement("span");
  chip.className = `chip ${kind}`;
  chip.textContent = word.trim();
  return chip;
}

/** Draws the turns with their marks. What the pointer does to them is in pointer.js. */
export class Dialogue {
  /**
   * @param {HTMLElement} pane
   * @param {import("./bench.js").Bench} bench
   */
  constructor(pane, bench) {
    this.pane = pane;
    this.bench = bench;
    /** @type {{ turn: HTMLElement, bubble: HTMLElement, chips: HTMLElement, drawn: string, chosen: string }[]} */
    this.turns = [];
    /** While a handle is dragged: the ends as they would be. @type {{ start: number, end: number } | null} */
    this.preview = null;
    /** Which answer is drawn, and where the cursor stood then. @type {import("./types.js").Snapshot | null} */
    this.now = null;
    this.at = 0;
    this.lines = new Lines(this);
  }

  open() {
    const voices = [...new Set(this.bench.speakers)];
    this.turns = this.bench.texts.map((_, turn) => this.#turn(turn, voices));
    this.pane.classList.toggle("long", this.turns.length > LONG);
    [this.now, this.at] = [null, 0];
    this.pane.replaceChildren(...this.turns.map((one) => one.turn), ...this.#candidates());
    this.lines.open();
    this.pane.parentElement?.scrollTo({ top: 0 });
  }

  /**
   * @param {number} turn
   * @param {(string | undefined)[]} voices
   */
  #turn(turn, voices) {
    const speaker = this.bench.speakers[turn];
    const box = document.createElement("article");
    box.className = "turn";
    box.classList.toggle("other", voices.indexOf(speaker) % 2 === 1);
    box.dataset.turn = String(turn);
    box.tabIndex = -1;
    const name = speaker ?? (this.bench.pair ? this.bench.t(turn ? "second_text" : "first_text") : "");
    box.setAttribute("aria-label", name ? `${this.bench.t("turn_number", { turn: turn + 1 })}, ${name}` : this.bench.t("text"));
    if (name) {
      const who = document.createElement("div");
      who.className = "who";
      who.textContent = name;
      box.append(who);
    } else box.classList.add("alone");
    const body = document.createElement("div");
    const bubble = document.createElement("p");
    bubble.className = "bubble";
    bubble.dir = "auto";
    const chips = document.createElement("div");
    chips.className = "turn-chips";
    body.append(bubble, chips);
    box.append(body);
    return { turn: box, bubble, chips, drawn: "", chosen: "[]" };
  }

  /** @param {number} turn */
  isRightToLeft(turn) {
    return getComputedStyle(this.turns[turn].bubble).direction === "rtl";
  }

  /** What is to be judged beside the text, where no field of its own shows it. */
  #candidates() {
    const { candidates, store } = this.bench;
    if (!candidates.length || store.fields.some((field) => field.type === "rank")) return [];
    const list = document.createElement("ul");
    list.className = "bench-candidates";
    list.setAttribute("aria-label", this.bench.t("candidates"));
    list.append(...candidates.map(({ text }) => {
      const row = document.createElement("li");
      row.dir = "auto";
      row.textContent = text;
      return row;
    }));
    return [list];
  }

  /** Where only the cursor has moved, the turn it left and the one it came to: a dialogue may have hundreds. */
  update() {
    const { store, cursor } = this.bench;
    const turns = this.now === store.now ? new Set([this.at, cursor.turn]) : this.turns.keys();
    for (const turn of turns) this.#draw(turn);
    [this.now, this.at] = [store.now, cursor.turn];
    this.lines.update();
  }

  /** Touches the page only where something is to be seen differently. @param {number} turn */
  #draw(turn) {
    const one = this.turns[turn];
    const now = turn === this.bench.cursor.turn;
    if (one.turn.classList.contains("now") !== now) {
      one.turn.classList.toggle("now", now);
      if (now) one.turn.setAttribute("aria-current", "true");
      else one.turn.removeAttribute("aria-current");
    }
    if (one.turn.tabIndex !== (now ? 0 : -1)) one.turn.tabIndex = now ? 0 : -1;
    const marks = this.#marks(turn);
    const sign = JSON.stringify(marks);
    if (sign !== one.drawn) this.#fill(one.bubble, turn, marks);
    one.drawn = sign;
    const chips = this.#chips(turn);
    const chosen = JSON.stringify(chips);
    if (chosen !== one.chosen) one.chips.replaceChildren(...chips.map(makeChip));
    one.chosen = chosen;
  }

  /** Bring the current turn into sight and give it the focus. */
  follow() {
    const box = this.turns[this.bench.cursor.turn]?.turn;
    if (!box) return;
    box.focus({ preventScroll: true });
    box.scrollIntoView({ block: "nearest" });
  }

  /** @param {number} turn */
  #marks(turn) {
    const { selection, picked } = this.bench.cursor;
    const marks = this.bench.marksOn(turn).map((one, index) => {
      const { start, end, label } = toSpan(/** @type {any} */ (one.span));
      const current = one.span === picked?.span;
      const ends = current && this.preview ? this.preview : { start, end };
      const confidence = one.kind === "suggestion" ? /** @type {any} */ (one.span).confidence : undefined;
      return { ...ends, index, label, field: one.field, kind: /** @type {string} */ (one.kind), current, confidence };
    });
    if (selection?.turn === turn && !this.nativeSelection) {
      const ends = this.preview ?? selection;
      marks.push({ start: ends.start, end: ends.end, index: -1, label: "", field: "", kind: "selection", current: true, confidence: undefined });
    }
    return marks;
  }

  /**
   * @param {HTMLElement} bubble
   * @param {number} turn
   * @param {ReturnType<Dialogue["#marks"]>} marks
   */
  #fill(bubble, turn, marks) {
    const text = this.bench.texts[turn];
    let deepest = 0;
    const nodes = layoutMarks(text.length, marks).flatMap(({ start, end, layers }) => {
      /** @type {Node} */
      let node = document.createTextNode(text.slice(start, end));
      for (const layer of layers) {
        node = this.#wrap(node, layer);
        deepest = Math.max(deepest, layer.level);
      }
      const current = layers.find((layer) => layer.mark.current && layer.mark.kind !== "suggestion");
      const before = current?.first ? [this.#handle("start")] : [];
      const after = current?.last ? [this.#handle("end")] : [];
      return [...before, node, ...after];
    });
    bubble.dataset.levels = String(deepest);
    bubble.replaceChildren(...nodes);
  }

  /**
   * @param {Node} node
   * @param {import("./marks.js").Layer<ReturnType<Dialogue["#marks"]>[number]>} layer
   */
  #wrap(node, { mark, level, first, last }) {
    const element = document.createElement(mark.kind === "selection" ? "span" : "mark");
    element.append(node);
    element.dataset.level = String(Math.min(level, 4));
    if (mark.kind === "selection") {
      element.className = "picking";
      return element;
    }
    element.className = "mark";
    element.classList.toggle("suggested", mark.kind === "suggestion");
    element.classList.toggle("current", mark.current);
    element.classList.toggle("first", first);
    element.classList.toggle("last", last);
    const field = this.bench.store.field(mark.field);
    this.bench.paint(element, field, mark.label);
    if (last) element.dataset.label = `${this.bench.titleOf(field, mark.label)} ${percent(mark.confidence)}`.trim();
    element.dataset.index = String(mark.index);
    return element;
  }

  /** @param {"start" | "end"} edge */
  #handle(edge) {
    const handle = document.createElement("span");
    handle.className = `handle ${edge}`;
    handle.dataset.handle = edge;
    const moving = this.bench.cursor.selection?.moving ?? this.bench.moving ?? "end";
    handle.classList.toggle("moving", moving === edge);
    return handle;
  }

  /** What was chosen for a whole turn, under its bubble. @param {number} turn @returns {Chip[]} */
  #chips(turn) {
    const { fields, now } = this.bench.store;
    return fields.filter((field) => field.scope === "turn").flatMap((field) => {
      const type = fieldType(field);
      const value = now.values[field.name];
      const proposed = now.pending.find((one) => one.field === field.name && one.turn === turn);
      if (field.type !== "choice") {
        const title = titleIn(field, this.bench.language);
        const made = (type.chips?.(field, value, turn) ?? []).map((word) => ({ word: `${title}: ${word}`, kind: "live-still" }));
        const offered = type.chips && !made.length && proposed;
        return offered ? [{ word: `${title}: ${proposed.point} ${percent(proposed.confidence)}`, kind: "suggested" }] : made;
      }
      const made = chosen(field, value, turn);
      return [
        ...made.map((label) => ({ word: this.bench.titleOf(field, label), kind: "live-still" })),
        ...(proposed?.labels ?? []).filter((label) => !made.includes(label))
          .map((label) => ({ word: `${this.bench.titleOf(field, label)} ${percent(proposed?.confidence)}`, kind: "suggested" })),
      ];
    });
  }

  /**
   * The place in the text that a DOM position means, in code points.
   * @param {Node} node
   * @param {number} offset
   * @returns {{ turn: number, at: number } | null}
   */
  locate(node, offset) {
    const bubble = (node instanceof Element ? node : node.parentElement)?.closest(".bubble");
    const turn = Number(/** @type {HTMLElement | null} */ (bubble?.closest("[data-turn]"))?.dataset.turn ?? -1);
    if (this.turns[turn]?.bubble !== bubble) return null;
    const range = document.createRange();
    range.setStart(this.turns[turn].bubble, 0);
    range.setEnd(node, offset);
    return { turn, at: this.bench.texts[turn].fromUtf16(range.toString().length) };
  }

  /** @param {number} x @param {number} y */
  locatePoint(x, y) {
    const page = /** @type {any} */ (document);
    const caret = page.caretPositionFromPoint?.(x, y);
    if (caret) return this.locate(caret.offsetNode, caret.offset);
    const range = page.caretRangeFromPoint?.(x, y);
    return range ? this.locate(range.startContainer, range.startOffset) : null;
  }

  get nativeSelection() {
    return this.touching && !getSelection()?.isCollapsed;
  }

  touching = false;
}
