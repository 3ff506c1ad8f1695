// @ts-check
/** A point of a scale: for the whole item, or for each turn. A few points are buttons in a row, many are a slider. */
import { option, panel } from "./panel.js";
import { percent, unwrap } from "./proposal.js";

/** @typedef {import("./index.js").FieldConfig} FieldConfig */

const BUTTONS = 11;
// Two digits typed within this time are one number.
const TYPING_MS = 900;

/** @param {FieldConfig} field */
const byTurn = (field) => field.scope === "turn";

/** @param {FieldConfig} field */
export function pointsOf({ min = 1, max = 5, step = 1 }) {
  return Array.from({ length: Math.floor((max - min) / step) + 1 }, (_, index) => min + index * step);
}

/**
 * The point chosen for one place.
 * @param {FieldConfig} field
 * @param {any} value
 * @param {number | null} turn
 * @returns {number | null}
 */
export function pointOf(field, value, turn) {
  if (!byTurn(field)) return value ?? null;
  return (value ?? []).find((/** @type {any} */ one) => one.turn === turn)?.value ?? null;
}

/**
 * The value with another point in one place.
 * @param {FieldConfig} field
 * @param {any} value
 * @param {number | null} turn
 * @param {number | null} point
 */
export function withPoint(field, value, turn, point) {
  if (!byTurn(field)) return point;
  const others = (value ?? []).filter((/** @type {any} */ one) => one.turn !== turn);
  return point === null ? others : [...others, { turn, value: point }].sort((a, b) => a.turn - b.turn);
}

/**
 * What an end of the scale means.
 * @param {FieldConfig} field
 * @param {"low" | "high"} end
 * @param {string} language
 */
function meaning(field, end, language) {
  const chinese = language.toLowerCase().startsWith("zh") && (end === "low" ? field.low_zh : field.high_zh);
  return chinese || field[end] || "";
}

/** @type {import("./index.js").FieldType} */
export const scale = {
  empty: (field) => (byTurn(field) ? [] : null),
  proposals(field, raw) {
    const { value, confidence } = unwrap(raw);
    const marks = byTurn(field) ? (value ?? []) : value === null || value === undefined ? [] : [{ turn: null, value }];
    return marks.map((/** @type {any} */ one) => ({
      field: field.name, turn: one.turn, point: one.value, confidence: one.confidence ?? confidence,
    }));
  },
  apply: (field, value, suggestion) => withPoint(field, value, suggestion.turn, suggestion.point ?? null),
  gap(field, value, bench) {
    if (!field.required) return null;
    const turn = (byTurn(field) ? bench.turnsOf(field) : [null]).find((place) => pointOf(field, value, place) === null);
    return turn === undefined ? null : { turn, key: byTurn(field) ? "rate_every_turn" : "choose_a_point" };
  },
  labels: (field) => (pointsOf(field).length > BUTTONS ? [] : pointsOf(field).map((point) => ({ name: String(point), title: String(point), own: true }))),
  chips: (field, value, turn) => (byTurn(field) && pointOf(field, value, turn) !== null ? [String(pointOf(field, value, turn))] : []),
  view: (field, bench) => (pointsOf(field).length > BUTTONS ? new SliderView(field, bench) : new PointsView(field, bench)),
};

class ScaleView {
  /**
   * @param {FieldConfig} field
   * @param {import("../workbench/bench.js").Bench} bench
   */
  constructor(field, bench) {
    this.field = field;
    this.bench = bench;
    this.points = pointsOf(field);
    const frame = panel(field, bench, bench.t("from_to", { min: field.min ?? 1, max: field.max ?? 5 }));
    this.element = frame.element;
    this.title = frame.title;
    this.words = frame.title.textContent ?? "";
    this.note = document.createElement("p");
    this.note.className = "tiny";
    this.digits = { text: "", at: 0 };
  }

  /** What the ends mean, under the points. */
  ends() {
    const row = document.createElement("p");
    row.className = "scale-ends tiny";
    row.id = `ends-${this.field.name}`;
    const { min = 1, max = 5 } = this.field;
    const words = { low: meaning(this.field, "low", this.bench.language), high: meaning(this.field, "high", this.bench.language) };
    for (const [word, point] of /** @type {[string, number][]} */ ([[words.low, min], [words.high, max]])) {
      const end = document.createElement("span");
      end.textContent = word ? `${point} ${word}` : "";
      row.append(end);
    }
    return row;
  }

  get turn() {
    return byTurn(this.field) ? this.bench.cursor.turn : null;
  }

  get now() {
    return pointOf(this.field, this.bench.store.now.values[this.field.name], this.turn);
  }

  get fits() {
    return this.turn === null || this.bench.turnsOf(this.field).includes(this.turn);
  }

  get proposal() {
    return this.bench.store.now.pending.find((one) => one.field === this.field.name && one.turn === this.turn);
  }

  /**
   * @param {number | null} point
   * @param {boolean} [sliding] one undo step for a run of small moves
   */
  choose(point, sliding = false) {
    if (!this.fits) {
      this.bench.hint("not_for_this_turn");
      return;
    }
    const { turn, now, proposal } = this;
    if (point === now) return;
    const value = withPoint(this.field, this.bench.store.now.values[this.field.name], turn, point);
    this.bench.store.change(this.field.name, value, {
      action: point === null ? "remove" : proposal?.point === point ? "accept" : now === null ? "add" : "change",
      before: { turn, value: now },
      after: { turn, value: point },
      confidence: proposal?.confidence,
      pending: this.bench.store.now.pending.filter((one) => one !== proposal),
      typing: sliding,
    });
    this.bench.say(point === null ? "unchosen" : "chosen", { label: this.said(point ?? now ?? 0) });
  }

  /** @param {number} point */
  said(point) {
    const { min = 1, max = 5 } = this.field;
    const word = point === min ? "low" : point === max ? "high" : null;
    return `${point} ${word ? meaning(this.field, word, this.bench.language) : ""}`.trim();
  }

  /** A digit while the field has the focus; "1" and then "0" is ten where the scale goes so far. @param {string} key */
  typed(key) {
    const goesOn = Date.now() - this.digits.at < TYPING_MS;
    const text = [goesOn ? this.digits.text + key : "", key].find((one) => one && this.points.includes(Number(one)));
    this.digits = { text: goesOn ? this.digits.text + key : key, at: Date.now() };
    if (text !== undefined) this.choose(Number(text), goesOn);
  }

  showTurn() {
    if (byTurn(this.field)) this.title.textContent = this.bench.t("of_turn", { title: this.words, turn: this.bench.cursor.turn + 1 });
    this.note.textContent = this.fits ? "" : this.bench.t("not_for_this_turn");
    this.note.hidden = this.fits;
  }
}

class PointsView extends ScaleView {
  /**
   * @param {FieldConfig} field
   * @param {import("../workbench/bench.js").Bench} bench
   */
  constructor(field, bench) {
    super(field, bench);
    this.group = document.createElement("div");
    this.group.className = "bench-scale";
    this.group.setAttribute("role", "radiogroup");
    this.group.setAttribute("aria-labelledby", this.title.id);
    const ends = this.ends();
    this.group.setAttribute("aria-describedby", ends.id);
    this.options = bench.labels(field).map((label) => {
      const button = option(label, "radio");
      button.setAttribute("aria-label", this.said(Number(label.name)));
      button.addEventListener("click", () => this.press(label.name));
      return button;
    });
    this.group.append(...this.options);
    this.group.addEventListener("keydown", (event) => this.#key(event));
    this.group.addEventListener("mousedown", (event) => event.preventDefault());
    this.element.append(this.group, ends, this.note);
  }

  /** @param {string} label */
  press(label) {
    this.choose(this.now === Number(label) ? null : Number(label));
  }

  focus() {
    this.options.find((button) => button.tabIndex === 0)?.focus();
  }

  /** Arrows go along the scale and choose, as in any group of radio buttons. @param {KeyboardEvent} event */
  #key(event) {
    if (event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return;
    const last = this.points.length - 1;
    const at = this.options.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const here = this.now === null ? at - 1 : this.points.indexOf(this.now);
    /** @type {Record<string, number>} */
    const targets = { ArrowRight: here + 1, ArrowUp: here + 1, ArrowLeft: here - 1, ArrowDown: here - 1, Home: 0, End: last };
    if (event.key in targets) {
      const to = Math.max(0, Math.min(last, targets[event.key]));
      this.choose(this.points[to]);
      this.options[to].focus();
    } else if (/^\d$/.test(event.key)) this.typed(event.key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  update() {
    const { now, proposal, fits } = this;
    this.showTurn();
    const stop = this.options[Math.max(0, now === null ? 0 : this.points.indexOf(now))];
    this.options.forEach((button, index) => {
      const point = this.points[index];
      const proposed = now === null && proposal?.point === point;
      button.setAttribute("aria-checked", String(point === now));
      button.classList.toggle("suggested", proposed);
      const sure = /** @type {HTMLElement} */ (button.querySelector(".sure"));
      sure.textContent = proposed ? percent(proposal?.confidence) : "";
      button.title = proposed ? this.bench.t("suggested") : "";
      button.disabled = !fits;
      button.tabIndex = button === stop ? 0 : -1;
    });
  }
}

class SliderView extends ScaleView {
  /**
   * @param {FieldConfig} field
   * @param {import("../workbench/bench.js").Bench} bench
   */
  constructor(field, bench) {
    super(field, bench);
    this.input = document.createElement("input");
    this.input.type = "range";
    this.input.min = String(field.min);
    this.input.max = String(field.max);
    this.input.step = String(field.step ?? 1);
    this.input.setAttribute("aria-labelledby", this.title.id);
    const ends = this.ends();
    this.input.setAttribute("aria-describedby", ends.id);
    this.input.addEventListener("input", () => this.choose(Number(this.input.value), true));
    // Where the knob stands already is a choice too.
    this.input.addEventListener("click", () => this.choose(Number(this.input.value), true));
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.shown = document.createElement("output");
    const row = document.createElement("div");
    row.className = "scale-slider";
    row.append(this.input, this.shown);
    this.offer = document.createElement("button");
    this.offer.type = "button";
    this.offer.className = "btn small suggested-point";
    this.offer.addEventListener("click", () => this.proposal && this.bench.accept(this.proposal));
    this.element.append(row, ends, this.offer, this.note);
  }

  focus() {
    this.input.focus();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^\d$/.test(event.key)) this.typed(event.key);
    else if (event.key === "Backspace" || event.key === "Delete") this.choose(null);
    else if (event.key === " ") this.choose(Number(this.input.value));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  update() {
    const { now, proposal } = this;
    this.showTurn();
    const middle = this.points[Math.floor(this.points.length / 2)];
    this.input.value = String(now ?? proposal?.point ?? middle);
    this.input.classList.toggle("unset", now === null);
    this.input.disabled = !this.fits;
    this.input.setAttribute("aria-valuetext", now === null ? this.bench.t("not_chosen") : this.said(now));
    this.shown.textContent = now === null ? "–" : String(now);
    this.offer.hidden = !proposal || now !== null;
    this.offer.textContent = `${this.bench.t("suggested")}: ${proposal?.point} ${percent(proposal?.confidence)}`.trim();
  }
}
