// @ts-check
/** One label or several: for the whole item, or for each turn. */
import { option, panel, rove } from "./panel.js";
import { percent, unwrap } from "./proposal.js";

const LONG = 12;
const SHOWN = 6;

/** @typedef {import("./index.js").FieldConfig} FieldConfig */

/** @param {FieldConfig} field */
const byTurn = (field) => field.scope === "turn";

/**
 * The labels chosen for one place.
 * @param {FieldConfig} field
 * @param {any} value
 * @param {number | null} turn
 * @returns {string[]}
 */
export function chosen(field, value, turn) {
  if (!byTurn(field)) return field.multi ? (value ?? []) : value ? [value] : [];
  const mark = (value ?? []).find((/** @type {any} */ one) => one.turn === turn);
  return mark ? (field.multi ? mark.labels : [mark.label]) : [];
}

/**
 * The value with other labels in one place.
 * @param {FieldConfig} field
 * @param {any} value
 * @param {number | null} turn
 * @param {string[]} labels
 */
export function withChosen(field, value, turn, labels) {
  const order = (field.labels ?? []).map((label) => (typeof label === "string" ? label : label.name));
  const sorted = order.filter((name) => labels.includes(name));
  if (!byTurn(field)) return field.multi ? sorted : (labels[0] ?? null);
  const others = (value ?? []).filter((/** @type {any} */ one) => one.turn !== turn);
  if (!labels.length) return others;
  const mark = field.multi ? { turn, labels: sorted } : { turn, label: labels[0] };
  return [...others, mark].sort((a, b) => a.turn - b.turn);
}

/**
 * @param {FieldConfig} field
 * @param {any} raw
 * @returns {import("./index.js").Suggestion[]}
 */
function proposals(field, raw) {
  const { value, confidence } = unwrap(raw);
  if (byTurn(field)) {
    return (value ?? []).map((/** @type {any} */ one) => ({
      field: field.name,
      turn: one.turn,
      labels: one.labels ?? [one.label],
      confidence: one.confidence ?? confidence,
    }));
  }
  const labels = Array.isArray(value) ? value : value ? [value] : [];
  return labels.length ? [{ field: field.name, turn: null, labels, confidence }] : [];
}

/** @type {import("./index.js").FieldType} */
export const choice = {
  empty: (field) => (field.multi || byTurn(field) ? [] : null),
  proposals,
  apply: (field, value, suggestion) => withChosen(field, value, suggestion.turn, suggestion.labels ?? []),
  gap(field, value, bench) {
    if (!field.required) return null;
    const places = byTurn(field) ? bench.turnsOf(field) : [null];
    const turn = places.find((place) => !chosen(field, value, place).length);
    if (turn === undefined) return null;
    return { turn, key: byTurn(field) ? "label_every_turn" : "choose_a_label" };
  },
  view: (field, bench) => new ChoiceView(field, bench),
};

class ChoiceView {
  /**
   * @param {FieldConfig} field
   * @param {import("../workbench/bench.js").Bench} bench
   */
  constructor(field, bench) {
    this.field = field;
    this.bench = bench;
    const frame = panel(field, bench, bench.t(field.multi ? "one_or_more" : "one"));
    this.element = frame.element;
    this.title = frame.title;
    this.words = frame.title.textContent ?? "";
    this.group = document.createElement("div");
    this.group.className = "bench-options";
    this.group.setAttribute("role", field.multi ? "group" : "radiogroup");
    this.group.setAttribute("aria-labelledby", frame.title.id);
    this.labels = bench.labels(field);
    this.group.classList.toggle("two", this.labels.every((label) => label.title.length < 15));
    this.options = this.labels.map((label) => this.#option(label));
    rove(this.group);
    this.note = document.createElement("p");
    this.note.className = "tiny";
    this.element.append(this.group, this.note);
    this.#more();
  }

  /** @param {import("../workbench/types.js").Label} label */
  #option(label) {
    const button = option(label, this.field.multi ? "checkbox" : "radio");
    button.addEventListener("click", () => this.press(label.name));
    this.group.append(button);
    return button;
  }

  /** Long lists show the first labels and those in use; the rest is found by searching. */
  #more() {
    const keyed = this.labels.filter((label) => label.key).length;
    this.shown = this.labels.length > LONG ? Math.max(SHOWN, keyed) : this.labels.length;
    if (this.shown === this.labels.length) return;
    this.search = document.createElement("button");
    this.search.type = "button";
    this.search.className = "bench-option search";
    this.search.textContent = this.bench.t("search_more", { count: this.labels.length - this.shown });
    const key = document.createElement("kbd");
    key.textContent = "/";
    this.search.append(key);
    this.search.addEventListener("click", () => this.bench.search(this.field));
    this.group.after(this.search);
  }

  get turn() {
    return byTurn(this.field) ? this.bench.cursor.turn : null;
  }

  get value() {
    return this.bench.store.now.values[this.field.name];
  }

  #proposal() {
    return this.bench.store.now.pending.find((one) => one.field === this.field.name && one.turn === this.turn);
  }

  focus() {
    /** @type {HTMLElement | null} */ (this.group.querySelector('[tabindex="0"]'))?.focus();
  }

  /** @param {string} label */
  press(label) {
    const turn = this.turn;
    if (turn !== null && !this.bench.turnsOf(this.field).includes(turn)) {
      this.bench.hint("not_for_this_turn");
      return;
    }
    const before = chosen(this.field, this.value, turn);
    const has = before.includes(label);
    const rest = before.filter((one) => one !== label);
    const after = this.field.multi ? (has ? rest : [...before, label]) : has ? [] : [label];
    const proposal = this.#proposal();
    const taken = proposal && after.length === proposal.labels?.length && after.every((one) => proposal.labels?.includes(one));
    const pending = this.bench.store.now.pending.filter((one) => one !== proposal || (this.field.multi && !taken));
    this.bench.store.change(this.field.name, withChosen(this.field, this.value, turn, after), {
      action: taken ? "accept" : has ? "remove" : before.length && !this.field.multi ? "change" : "add",
      before: { turn, labels: before },
      after: { turn, labels: after },
      confidence: proposal?.confidence,
      pending,
    });
    this.bench.say(has ? "unchosen" : "chosen", { label: this.bench.titleOf(this.field, label) });
  }

  update() {
    const now = chosen(this.field, this.value, this.turn);
    const proposal = this.#proposal();
    const fits = this.turn === null || this.bench.turnsOf(this.field).includes(this.turn);
    if (byTurn(this.field)) this.title.textContent = this.bench.t("of_turn", { title: this.words, turn: this.bench.cursor.turn + 1 });
    const stop = this.options.find((button) => now.includes(button.dataset.option ?? "")) ?? this.options[0];
    const inside = this.group.contains(document.activeElement);
    this.options.forEach((button, index) => {
      const label = button.dataset.option ?? "";
      const on = now.includes(label);
      const proposed = !on && Boolean(proposal?.labels?.includes(label));
      button.setAttribute("aria-checked", String(on));
      button.classList.toggle("suggested", proposed);
      const sure = /** @type {HTMLElement} */ (button.querySelector(".sure"));
      sure.textContent = proposed ? percent(proposal?.confidence) || this.bench.t("suggested") : "";
      button.title = proposed ? this.bench.t("suggested") : "";
      button.disabled = !fits;
      button.hidden = index >= (this.shown ?? 0) && !on && !proposed;
      if (!inside) button.tabIndex = button === stop ? 0 : -1;
    });
    this.note.textContent = fits ? "" : this.bench.t("not_for_this_turn");
    this.note.hidden = fits;
  }
}
