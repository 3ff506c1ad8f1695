// @ts-check
/** Marked stretches of a turn. The marking itself happens in the dialogue; the panel has the labels and the list. */
import { colouredOption, panel, rove } from "./panel.js";
import { percent, unwrap } from "./proposal.js";
import { addSpan } from "./span-values.js";

/**
 * @typedef {import("./index.js").FieldConfig} FieldConfig
 * @typedef {import("./index.js").Suggestion} Suggestion
 * @typedef {import("../workbench/types.js").Span} Span
 * @typedef {{ one: Span | Suggestion, kind: "span" | "suggestion", open: HTMLElement }} Row
 */

/** @type {import("./index.js").FieldType} */
export const span = {
  empty: () => [],
  proposals(field, raw) {
    const { value, confidence } = unwrap(raw);
    return (value ?? []).map((/** @type {any} */ one) => ({
      field: field.name,
      turn: one.turn ?? 0,
      start: one.start,
      end: one.end,
      label: one.label,
      confidence: one.confidence ?? confidence,
    }));
  },
  apply: (field, value, suggestion) => addSpan(field, value, toSpan(suggestion))?.spans ?? null,
  gap: (field, value) => (field.required && !value.length ? { turn: null, key: "mark_something" } : null),
  view: (field, bench) => new SpanView(field, bench),
};

/**
 * @param {Suggestion} suggestion
 * @returns {Span}
 */
export function toSpan({ turn, start, end, label }) {
  return { turn: turn ?? 0, start: start ?? 0, end: end ?? 0, label: label ?? "" };
}

class SpanView {
  /**
   * @param {FieldConfig} field
   * @param {import("../workbench/bench.js").Bench} bench
   */
  constructor(field, bench) {
    this.field = field;
    this.bench = bench;
    const frame = panel(field, bench, bench.t("span"));
    this.element = frame.element;
    this.group = document.createElement("div");
    this.group.className = "bench-options two";
    this.group.setAttribute("role", "group");
    this.group.setAttribute("aria-labelledby", frame.title.id);
    this.options = bench.labels(field).map((label) => colouredOption(this, label, "swatch"));
    this.group.append(...this.options);
    if (this.options[0]) this.options[0].tabIndex = 0;
    rove(this.group);
    this.note = document.createElement("p");
    this.note.className = "tiny";
    this.list = document.createElement("ul");
    this.list.className = "bench-spans";
    this.list.setAttribute("aria-label", bench.t("marked_list", { title: frame.title.textContent ?? "" }));
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => this.#click(/** @type {Element} */ (event.target)));
    /** What the list's rows stand for, and of which answer. @type {Row[]} */
    this.rows = [];
    /** @type {object | null} */
    this.drawn = null;
    this.element.append(this.group, this.note, this.list);
  }

  get spans() {
    return /** @type {Span[]} */ (this.bench.store.now.values[this.field.name]);
  }

  focus() {
    this.options[0]?.focus();
  }

  /** @param {string} label */
  press(label) {
    const picked = this.bench.cursor.picked;
    if (picked?.field === this.field.name && picked.kind === "span") {
      this.#relabel(/** @type {Span} */ (picked.span), label);
    } else if (picked?.field === this.field.name && picked.kind === "suggestion") {
      this.#take({ ...toSpan(/** @type {Suggestion} */ (picked.span)), label }, /** @type {Suggestion} */ (picked.span));
    } else if (this.bench.cursor.selection) {
      const { turn, start, end } = this.bench.cursor.selection;
      this.#take({ turn, start, end, label }, null);
    } else {
      this.bench.hint("select_first");
    }
  }

  /**
   * @param {Span} old
   * @param {string} label
   */
  #relabel(old, label) {
    if (old.label === label) return;
    const made = addSpan(this.field, this.spans.filter((one) => one !== old), { ...old, label });
    if (!made) {
      this.bench.hint("no_overlap");
      return;
    }
    this.bench.store.change(this.field.name, made.spans, { action: "relabel", before: old, after: made.span });
    this.bench.pick({ field: this.field.name, kind: "span", span: made.span });
  }

  /**
   * @param {Span} wanted
   * @param {Suggestion | null} from the suggestion it was made of
   */
  #take(wanted, from) {
    if (!this.bench.turnsOf(this.field).includes(wanted.turn)) {
      this.bench.hint("not_for_this_turn");
      return;
    }
    const made = addSpan(this.field, this.spans, wanted);
    if (!made) {
      this.bench.hint("no_overlap");
      return;
    }
    const replaced = this.bench.store.now.pending.filter((one) => one === from || this.#stands(one, made.span));
    const exact = replaced.find((one) => one.label === made.span.label && one.start === made.span.start && one.end === made.span.end);
    this.bench.store.change(this.field.name, made.spans, {
      action: exact ? "accept" : replaced.length ? "change" : "add",
      before: replaced.length && !exact ? toSpan(replaced[0]) : undefined,
      after: made.span,
      confidence: replaced[0]?.confidence,
      pending: this.bench.store.now.pending.filter((one) => !replaced.includes(one)),
    });
    this.bench.select(null);
    this.bench.pick({ field: this.field.name, kind: "span", span: made.span });
    const text = this.bench.quote(made.span);
    this.bench.say("marked", { label: this.bench.titleOf(this.field, made.span.label), text });
  }

  /** Whether a suggestion is settled by this span: the same place, decided differently or alike.
   * @param {Suggestion} suggestion
   * @param {Span} made
   */
  #stands(suggestion, made) {
    const one = toSpan(suggestion);
    return suggestion.field === this.field.name && one.turn === made.turn && one.start < made.end && made.start < one.end
      && (!this.field.overlapping || one.label === made.label);
  }

  update() {
    const { cursor, store } = this.bench;
    const picked = cursor.picked?.field === this.field.name ? cursor.picked.span : null;
    for (const button of this.options) {
      button.setAttribute("aria-pressed", String(picked?.label === button.dataset.option));
    }
    const pending = store.now.pending.filter((one) => one.field === this.field.name);
    const here = pending.filter((one) => one.turn === cursor.turn).length;
    this.note.textContent = here ? this.bench.t("suggestions_here", { count: here }) : cursor.selection ? this.bench.t("choose_for_selection") : "";
    this.note.hidden = !this.note.textContent;
    if (this.drawn !== store.now) this.#list(pending);
    this.drawn = store.now;
    this.rows.forEach(({ one, open }) => {
      if (one === picked) open.setAttribute("aria-current", "true");
      else if (open.hasAttribute("aria-current")) open.removeAttribute("aria-current");
    });
  }

  /** @param {Suggestion[]} pending */
  #list(pending) {
    this.rows = [
      ...this.spans.map((one) => this.#row(one, "span")),
      ...pending.map((one) => this.#row(one, "suggestion")),
    ];
    this.list.replaceChildren(...this.rows.map(({ open }) => /** @type {HTMLElement} */ (open.parentElement)));
  }

  /** One listener for the whole list, however long it is. @param {Element} target */
  #click(target) {
    const button = /** @type {HTMLElement | null} */ (target.closest("[data-row-do]"));
    const found = button && this.rows.find(({ open }) => open.parentElement === button.parentElement);
    if (!found) return;
    const picked = { field: this.field.name, kind: found.kind, span: found.one };
    if (button.dataset.rowDo === "accept") this.bench.accept(/** @type {Suggestion} */ (found.one));
    else if (button.dataset.rowDo === "remove") this.bench.remove(picked);
    else if (!this.bench.linker.take(picked)) this.bench.pick(picked);
  }

  /**
   * @param {Span | Suggestion} one
   * @param {"span" | "suggestion"} kind
   * @returns {Row}
   */
  #row(one, kind) {
    const place = toSpan(/** @type {Suggestion} */ (one));
    const row = document.createElement("li");
    row.className = kind;
    const open = document.createElement("button");
    open.type = "button";
    open.className = "bench-span";
    open.tabIndex = -1;
    open.dataset.rowDo = "pick";
    const swatch = document.createElement("i");
    swatch.className = "swatch";
    this.bench.paint(swatch, this.field, place.label);
    const label = document.createElement("b");
    const sure = kind === "suggestion" ? ` ${percent(/** @type {Suggestion} */ (one).confidence)}` : "";
    label.textContent = this.bench.titleOf(this.field, place.label) + sure;
    const text = document.createElement("q");
    text.dir = "auto";
    text.textContent = this.bench.quote(place);
    const where = document.createElement("span");
    where.className = "tiny";
    where.textContent = this.bench.t("turn_number", { turn: place.turn + 1 });
    open.append(swatch, label, text, where);
    row.append(open);
    if (kind === "suggestion") row.append(this.#small("✓", "accept_suggestion", "accept"));
    row.append(this.#small("×", "remove", "remove"));
    return { one, kind, open };
  }

  /**
   * @param {string} sign
   * @param {string} key
   * @param {"accept" | "remove"} what
   */
  #small(sign, key, what) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "bench-mini";
    button.tabIndex = -1;
    button.textContent = sign;
    button.setAttribute("aria-label", this.bench.t(key));
    button.dataset.rowDo = what;
    return button;
  }
}
