// @ts-check
import { fieldType } from "../fields/index.js";
import { resizeSpan } from "../fields/span-values.js";
import { toSpan } from "../fields/span.js";
import { makeLegend } from "./legend.js";
import { Linker } from "./linking.js";
import { TextIndex } from "./offsets.js";
import { mixed } from "./order.js";

/**
 * The item on the bench: its texts, the answer, and where the annotator is in it. Fields and the dialogue work
 * through this; it knows no network. Fires "change" when anything to be seen has changed, and "hint", "say" and
 * "search" for the page to show.
 */
export class Bench extends EventTarget {
  /**
   * @param {import("./store.js").AnswerStore} store
   * @param {import("./types.js").Words} words
   * @param {string} language of the labels
   */
  constructor(store, words, language) {
    super();
    this.store = store;
    this.t = words;
    this.language = language;
    /** @type {TextIndex[]} */
    this.texts = [];
    /** @type {(string | undefined)[]} */
    this.speakers = [];
    /** @type {{ turn: number, caret: number, selection: import("./types.js").Selection_ | null, picked: import("./types.js").Picked | null }} */
    this.cursor = { turn: 0, caret: 0, selection: null, picked: null };
    /** @type {Map<string, import("./types.js").Label[]>} */
    this.legend = new Map();
    /** @type {import("./types.js").Candidate[]} */
    this.candidates = [];
    this.linker = new Linker(this);
    /** Which end of the picked span the keys move. @type {"start" | "end"} */
    this.moving = "end";
    /** Whether the selection is a word that was just stepped on to. */
    this.fresh = false;
    store.addEventListener("change", () => this.#settle());
  }

  /**
   * @param {import("./types.js").Assignment} assignment
   * @param {import("./types.js").Draft | null} draft
   * @param {string} language of the texts
   */
  open(assignment, draft, language) {
    const { turns, text, pair, candidates } = assignment.item;
    const parts = turns ?? (pair ? pair.map((one) => ({ text: one })) : [{ text: text ?? "" }]);
    this.texts = parts.map((part) => new TextIndex(part.text, language));
    this.speakers = parts.map((part) => /** @type {import("./types.js").Turn} */ (part).speaker);
    this.pair = Boolean(pair);
    this.cursor = { turn: 0, caret: 0, selection: null, picked: null };
    const mix = assignment.fields.some((field) => field.type === "rank" && field.shuffle !== false);
    this.candidates = mix && candidates ? mixed(candidates, assignment.id) : (candidates ?? []);
    this.linker.clear();
    this.legend = makeLegend(assignment.fields, this);
    this.store.load(assignment, draft);
  }

  // -- reading ---------------------------------------------------------------------------------------------

  /** @param {import("./types.js").FieldConfig} field */
  labels(field) {
    return this.legend.get(field.name) ?? [];
  }

  /** @param {import("./types.js").FieldConfig} field @param {string} label */
  titleOf(field, label) {
    return this.labels(field).find((one) => one.name === label)?.title ?? label;
  }

  /**
   * Give an element a label's colour.
   * @param {HTMLElement} element
   * @param {import("./types.js").FieldConfig} field
   * @param {string} label
   */
  paint(element, field, label) {
    const colour = this.labels(field).find((one) => one.name === label)?.color ?? "c1";
    // A chosen colour is drawn towards the ink, so that its word stays readable on both themes.
    if (colour.startsWith("#")) element.style.setProperty("--c", `color-mix(in oklab, ${colour} 62%, var(--ink))`);
    else element.classList.add(colour);
  }

  /** The turns a field asks about. @param {import("./types.js").FieldConfig} field */
  turnsOf(field) {
    const wanted = field.speakers ?? [];
    return this.speakers.flatMap((speaker, turn) =>
      !wanted.length || speaker === undefined || wanted.includes(speaker) ? [turn] : []);
  }

  /** @param {{ turn: number, start: number, end: number }} place */
  quote(place) {
    return this.texts[place.turn]?.slice(place.start, place.end) ?? "";
  }

  /** Every mark on a turn, in the order in which one steps through them.
   * @param {number} turn
   * @returns {import("./types.js").Picked[]}
   */
  marksOn(turn) {
    // An answer never changes, another one takes its place: of a long dialogue the marks are sorted out once for each.
    if (this.sorted?.now !== this.store.now) this.sorted = { now: this.store.now, marks: this.#marks() };
    return this.sorted.marks.get(turn) ?? [];
  }

  /** @returns {Map<number, import("./types.js").Picked[]>} */
  #marks() {
    const spans = this.store.fields.filter((field) => field.type === "span").flatMap((field) =>
      this.store.now.values[field.name].map((/** @type {any} */ span) => ({ field: field.name, kind: /** @type {"span"} */ ("span"), span })));
    const pending = this.store.now.pending.filter((one) => one.start !== undefined)
      .map((span) => ({ field: span.field, kind: /** @type {"suggestion"} */ ("suggestion"), span }));
    const marks = new Map();
    for (const one of [...spans, ...pending].sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end)) {
      marks.set(one.span.turn, [...(marks.get(one.span.turn) ?? []), one]);
    }
    return marks;
  }

  // -- moving ----------------------------------------------------------------------------------------------

  #settle() {
    const { picked } = this.cursor;
    const alive = picked && this.marksOn(picked.span.turn ?? 0).some((one) => one.span === picked.span);
    if (!alive) this.cursor.picked = null;
    this.linker.settle();
    this.changed();
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }

  /** @param {number} turn */
  goTo(turn) {
    const target = Math.max(0, Math.min(this.texts.length - 1, turn));
    this.linker.picked = null;
    if (target !== this.cursor.turn) this.cursor = { turn: target, caret: 0, selection: null, picked: null };
    this.changed();
  }

  /** @param {{ turn: number, start: number, end: number, moving?: "start" | "end" } | null} range */
  select(range) {
    const tidy = range && this.texts[range.turn].tidy(range.start, range.end);
    this.cursor.selection = range && tidy ? { turn: range.turn, ...tidy, moving: range.moving ?? "end" } : null;
    this.cursor.picked = null;
    this.linker.picked = null;
    this.fresh = false;
    if (range) this.cursor.turn = range.turn;
    this.changed();
  }

  /** @param {import("./types.js").Picked | null} picked */
  pick(picked) {
    this.cursor.picked = picked;
    this.cursor.selection = null;
    this.linker.picked = null;
    this.moving = "end";
    if (picked) this.cursor.turn = picked.span.turn ?? this.cursor.turn;
    this.changed();
  }

  /** The next or previous mark, over all turns. @param {1 | -1} direction */
  pickNext(direction) {
    const all = this.texts.flatMap((_, turn) => this.marksOn(turn));
    if (!all.length) return;
    const at = all.findIndex((one) => one.span === this.cursor.picked?.span);
    const first = direction === 1 ? all.findIndex((one) => (one.span.turn ?? 0) >= this.cursor.turn) : all.length - 1;
    this.pick(all[at === -1 ? Math.max(0, first) : (at + direction + all.length) % all.length]);
  }

  /** Move the selection to the word before or after. @param {1 | -1} direction */
  moveWord(direction) {
    const { turn, selection, picked } = this.cursor;
    const from = selection ?? (picked ? toSpan(/** @type {any} */ (picked.span)) : null);
    const word = this.texts[turn].neighbour(from, direction);
    if (!word) return;
    this.select({ turn, ...word });
    this.fresh = true;
  }

  /** Let the other end move. */
  swapEnd() {
    const { selection, picked } = this.cursor;
    if (selection) selection.moving = selection.moving === "end" ? "start" : "end";
    if (picked) this.moving = this.moving === "start" ? "end" : "start";
    this.changed();
  }

  /**
   * Move one end of what is selected: of the marked span where one is picked, else of the selection.
   * @param {1 | -1} direction
   * @param {"word" | "character"} unit
   */
  extend(direction, unit) {
    const { turn, selection, picked, caret } = this.cursor;
    const text = this.texts[turn];
    if (picked?.kind === "span") {
      const { start, end } = toSpan(/** @type {any} */ (picked.span));
      if (this.moving === "start") this.resize(text.step(start, direction, unit, "start"), end);
      else this.resize(start, text.step(end, direction, unit, "end"));
      return;
    }
    if (!selection) {
      const moving = direction === 1 ? "end" : "start";
      const to = text.step(caret, direction, unit, moving);
      this.select({ turn, start: Math.min(caret, to), end: Math.max(caret, to), moving });
      return;
    }
    // A word just selected grows to either side; after that one end stays where it is.
    if (this.fresh) selection.moving = direction === 1 ? "end" : "start";
    this.fresh = false;
    const moved = { ...selection, [selection.moving]: text.step(selection[selection.moving], direction, unit, selection.moving) };
    if (moved.start >= moved.end) return;
    this.cursor.selection = moved;
    this.changed();
  }

  // -- deciding --------------------------------------------------------------------------------------------

  /** @param {number} start @param {number} end */
  resize(start, end) {
    const { picked } = this.cursor;
    if (picked?.kind !== "span" || start >= end) return;
    const old = toSpan(/** @type {any} */ (picked.span));
    const field = this.store.field(picked.field);
    const { spans, span } = resizeSpan(field, this.store.now.values[field.name], /** @type {any} */ (picked.span), start, end);
    if (span === picked.span) return;
    this.cursor.picked = { ...picked, span };
    this.store.change(field.name, spans, { action: "resize", before: old, after: span });
  }

  /** @param {import("./types.js").Picked} picked */
  remove({ field, kind, span }) {
    if (kind === "suggestion") {
      this.store.reject(/** @type {import("./types.js").Suggestion} */ (span));
      this.say("suggestion_removed", {});
      return;
    }
    const rest = this.store.now.values[field].filter((/** @type {any} */ one) => one !== span);
    this.store.change(field, rest, { action: "remove", before: span });
    this.say("unmarked", { text: this.quote(toSpan(/** @type {any} */ (span))) });
  }

  /** The suggestions that a key means now: the picked one, else those of this turn, else those of the whole item. */
  near() {
    const { picked, turn } = this.cursor;
    if (picked?.kind === "suggestion") return [/** @type {import("./types.js").Suggestion} */ (picked.span)];
    const here = this.store.now.pending.filter((one) => one.turn === turn);
    return here.length ? here : this.store.now.pending.filter((one) => one.turn === null);
  }

  acceptNear() {
    const near = this.near();
    if (!near.length) this.hint("no_suggestion");
    near.forEach((suggestion) => this.accept(suggestion));
  }

  /** @param {import("./types.js").Suggestion} suggestion */
  accept(suggestion) {
    const field = this.store.field(suggestion.field);
    fieldType(field).needs?.(field, suggestion, this).forEach((one) => this.store.accept(one));
    if (this.store.accept(suggestion)) this.say("suggestion_accepted", {});
    else this.hint("no_overlap");
  }

  removeNear() {
    const { picked } = this.cursor;
    const { field, picked: link } = this.linker;
    if (field && link) return this.linker.remove(field, link);
    if (picked) {
      this.remove(picked);
      return;
    }
    const [first] = this.near();
    if (first) this.store.reject(first);
    else this.hint("nothing_picked");
  }

  /** The first field that lacks an answer. */
  gap() {
    for (const field of this.store.fields) {
      const gap = fieldType(field).gap(field, this.store.now.values[field.name], this);
      if (gap) return { field, ...gap };
    }
    return null;
  }

  // -- telling ---------------------------------------------------------------------------------------------

  /** @param {string} key @param {Record<string, string | number>} [values] */
  hint(key, values) {
    this.dispatchEvent(new CustomEvent("hint", { detail: this.t(key, values) }));
  }

  /** For screen readers. @param {string} key @param {Record<string, string | number>} values */
  say(key, values) {
    this.dispatchEvent(new CustomEvent("say", { detail: this.t(key, values) }));
  }

  /** @param {import("./types.js").FieldConfig | null} field */
  search(field) {
    this.dispatchEvent(new CustomEvent("search", { detail: field }));
  }
}
