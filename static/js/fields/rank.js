// @ts-check
/** The candidates in order. Nothing is ranked until somebody ranks it: a given order would be taken for an answer. */
import { panel } from "./panel.js";
import { percent, unwrap } from "./proposal.js";
import { RankDrag } from "./rank-drag.js";

/** @typedef {import("./index.js").FieldConfig} FieldConfig */
/** @typedef {import("../workbench/types.js").Candidate} Candidate */

const SHORT = 60;

/** @param {number} index @returns {string} A, B, …, Z, AA */
const letter = (index) => (index >= 26 ? letter(Math.floor(index / 26) - 1) : "") + String.fromCharCode(65 + (index % 26));

/** How many candidates an answer names. @param {FieldConfig} field @param {Candidate[]} candidates */
export const places = (field, candidates) => Math.min(field.top || candidates.length, candidates.length);

/**
 * The ranking with one candidate at another place.
 * @param {string[]} ranking
 * @param {string} id
 * @param {number} place counted from 0; -1 takes it out
 */
export function placed(ranking, id, place) {
  const rest = ranking.filter((one) => one !== id);
  if (place < 0) return rest;
  const at = Math.min(place, rest.length);
  return [...rest.slice(0, at), id, ...rest.slice(at)];
}

/** @type {import("./index.js").FieldType} */
export const rank = {
  empty: () => [],
  proposals(field, raw) {
    const { value, confidence } = unwrap(raw);
    return value?.length ? [{ field: field.name, turn: null, ranking: value, confidence }] : [];
  },
  apply: (_field, _value, suggestion) => suggestion.ranking ?? [],
  gap(field, value, bench) {
    const whole = value.length === places(field, bench.candidates);
    if (whole || (!field.required && !value.length)) return null;
    return { turn: null, key: field.top ? "rank_the_best" : "rank_every_candidate" };
  },
  labels: (_field, bench) => bench.candidates.map(({ id, text }, index) => ({ name: id, title: `${letter(index)}: ${shortened(text)}` })),
  view: (field, bench) => new RankView(field, bench),
};

/** @param {string} text */
function shortened(text) {
  const points = Array.from(text);
  return points.length > SHORT ? `${points.slice(0, SHORT - 1).join("")}…` : text;
}

class RankView {
  /**
   * @param {FieldConfig} field
   * @param {import("../workbench/bench.js").Bench} bench
   */
  constructor(field, bench) {
    this.field = field;
    this.bench = bench;
    this.most = places(field, bench.candidates);
    const frame = panel(field, bench, field.top ? bench.t("best_first", { count: this.most }) : bench.t("rank"));
    this.element = frame.element;
    this.lists = document.createElement("div");
    this.lists.className = "rank-lists";
    this.ranked = this.#list("ol", "ranking", frame.title.textContent ?? "");
    this.pool = this.#list("ul", "not_ranked", frame.title.textContent ?? "");
    /** @type {Map<string, { row: HTMLElement, card: HTMLButtonElement, place: HTMLElement, tools: HTMLElement }>} */
    this.rows = new Map(bench.candidates.map((one, index) => [one.id, this.#row(one, index)]));
    this.empty = document.createElement("li");
    this.empty.className = "rank-empty tiny";
    this.empty.textContent = bench.t("rank_here");
    this.proposal = document.createElement("div");
    this.proposal.className = "bench-proposal";
    this.lists.addEventListener("keydown", (event) => this.#key(event));
    this.lists.addEventListener("mousedown", (event) => event.preventDefault());
    this.element.append(this.lists, this.proposal);
    this.drag = new RankDrag(this.lists, this.ranked.list, (id, place) => this.#move(id, place));
  }

  /** @param {"ol" | "ul"} tag @param {string} key @param {string} title */
  #list(tag, key, title) {
    const box = document.createElement("div");
    const head = document.createElement("h3");
    head.className = "tiny";
    head.textContent = this.bench.t(key);
    const list = document.createElement(tag);
    list.className = `rank-list ${tag === "ol" ? "ranked-list" : "pool-list"}`;
    list.setAttribute("aria-label", `${title}: ${this.bench.t(key)}`);
    box.append(head, list);
    this.lists.append(box);
    return { box, list };
  }

  /** @param {Candidate} candidate @param {number} index */
  #row({ id, text }, index) {
    const row = document.createElement("li");
    row.className = "rank-row";
    row.dataset.id = id;
    const grip = document.createElement("span");
    grip.className = "grip";
    grip.setAttribute("aria-hidden", "true");
    const place = document.createElement("span");
    place.className = "rank-place num";
    const card = document.createElement("button");
    card.type = "button";
    card.className = "rank-card";
    card.dataset.option = id;
    card.tabIndex = -1;
    const sign = document.createElement("b");
    sign.textContent = letter(index);
    const words = document.createElement("span");
    words.textContent = text;
    words.dir = "auto";
    card.append(sign, words);
    const key = this.bench.labels(this.field).find((one) => one.name === id)?.key;
    if (key) {
      const shown = document.createElement("kbd");
      shown.textContent = key;
      shown.setAttribute("aria-hidden", "true");
      card.append(shown);
      card.setAttribute("aria-keyshortcuts", key);
    }
    card.addEventListener("click", () => this.#clicked(id));
    const tools = document.createElement("span");
    tools.className = "rank-tools";
    tools.append(
      this.#tool("↑", "move_up", () => this.#step(id, -1)),
      this.#tool("↓", "move_down", () => this.#step(id, 1)),
      this.#tool("×", "take_out", () => this.#move(id, -1)),
    );
    row.append(grip, place, card, tools);
    return { row, card, place, tools };
  }

  /** @param {string} sign @param {string} key @param {() => void} run */
  #tool(sign, key, run) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "bench-mini";
    button.tabIndex = -1;
    button.textContent = sign;
    button.setAttribute("aria-label", this.bench.t(key));
    button.addEventListener("click", run);
    return button;
  }

  /** @returns {string[]} */
  get ranking() {
    return this.bench.store.now.values[this.field.name];
  }

  focus() {
    /** @type {HTMLElement | null} */ (this.lists.querySelector('[data-option][tabindex="0"]'))?.focus();
  }

  /** A candidate's key: to the end of the ranking, or out of it. @param {string} id */
  press(id) {
    this.#move(id, this.ranking.includes(id) ? -1 : this.ranking.length);
  }

  /** @param {string} id */
  #clicked(id) {
    if (this.drag.dropped()) return;
    this.stop = id;
    if (this.ranking.includes(id)) this.update();
    else this.#move(id, this.ranking.length);
  }

  /** @param {string} id @param {1 | -1} direction */
  #step(id, direction) {
    const at = this.ranking.indexOf(id);
    const to = at + direction;
    if (at >= 0 && to >= 0 && to < this.ranking.length) this.#move(id, to);
    else if (at < 0 && direction === -1) this.#move(id, this.ranking.length);
  }

  /** @param {string} id @param {number} place */
  #move(id, place) {
    const before = this.ranking;
    let after = placed(before, id, place);
    if (after.length > this.most) {
      this.bench.hint("rank_is_full", { count: this.most });
      return;
    }
    const last = this.bench.candidates.filter((one) => !after.includes(one.id));
    // When one is left there is only one place for it.
    if (after.length > before.length && last.length === 1 && this.most === this.bench.candidates.length) after = [...after, last[0].id];
    if (after.length === before.length && after.every((one, index) => one === before[index])) return;
    this.stop = id;
    this.bench.store.change(this.field.name, after, {
      action: place < 0 ? "remove" : before.includes(id) ? "move" : "add",
      before,
      after,
      pending: this.bench.store.now.pending.filter((one) => one.field !== this.field.name),
    });
    const sign = this.#sign(id);
    const at = after.indexOf(id);
    if (at < 0) this.bench.say("taken_out", { label: sign });
    else this.bench.say("at_place", { label: sign, place: at + 1, count: after.length });
  }

  /** @param {string} id */
  #sign(id) {
    return this.bench.titleOf(this.field, id);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const id = /** @type {HTMLElement} */ (event.target).dataset.option;
    if (id === undefined || event.ctrlKey || event.metaKey) return;
    const direction = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const order = [...this.lists.querySelectorAll("[data-option]")].map((one) => /** @type {HTMLElement} */ (one).dataset.option ?? "");
    if (direction && (event.altKey || event.shiftKey)) this.#step(id, direction);
    else if (direction) this.stop = order[(order.indexOf(id) + direction + order.length) % order.length];
    else if (event.key === " ") this.press(id);
    else if (["x", "Delete", "Backspace"].includes(event.key)) this.#move(id, -1);
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.update();
    this.focus();
  }

  update() {
    const { ranking } = this;
    const rest = this.bench.candidates.map((one) => one.id).filter((id) => !ranking.includes(id));
    const stop = this.stop !== undefined && this.rows.has(this.stop) ? this.stop : (rest[0] ?? ranking[0]);
    const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset?.option;
    const inside = this.lists.contains(document.activeElement);
    this.ranked.list.replaceChildren(...ranking.map((id, index) => this.#draw(id, index, stop)), ...(ranking.length ? [] : [this.empty]));
    this.pool.list.replaceChildren(...rest.map((id) => this.#draw(id, -1, stop)));
    this.pool.box.hidden = !rest.length;
    // Moving an element in the document takes its focus away.
    if (inside && focused !== undefined) this.rows.get(focused)?.card.focus({ preventScroll: true });
    const suggestion = this.bench.store.now.pending.find((one) => one.field === this.field.name);
    this.proposal.hidden = !suggestion;
    this.proposal.replaceChildren(...(suggestion ? this.#offer(suggestion) : []));
  }

  /** @param {string} id @param {number} index @param {string | undefined} stop */
  #draw(id, index, stop) {
    const found = this.rows.get(id);
    if (!found) return document.createElement("li");
    const { row, card, place, tools } = found;
    place.textContent = index < 0 ? "" : String(index + 1);
    tools.hidden = index < 0;
    card.tabIndex = id === stop ? 0 : -1;
    const where = index < 0 ? this.bench.t("not_ranked") : this.bench.t("place_of", { place: index + 1, count: this.most });
    card.setAttribute("aria-label", `${where}. ${card.querySelector("b")?.textContent}: ${card.querySelector("span")?.textContent}`);
    return row;
  }

  /** @param {import("./index.js").Suggestion} suggestion */
  #offer(suggestion) {
    const words = document.createElement("p");
    const signs = (suggestion.ranking ?? []).map((id) => letter(this.bench.candidates.findIndex((one) => one.id === id)));
    words.textContent = `${this.bench.t("suggested")}: ${signs.join(" > ")} ${percent(suggestion.confidence)}`.trim();
    const row = document.createElement("div");
    row.className = "row";
    for (const [key, kind, run] of /** @type {[string, string, () => void][]} */ ([
      ["accept_suggestion", "btn small", () => this.bench.accept(suggestion)],
      ["remove", "btn ghost small", () => this.bench.store.reject(suggestion)],
    ])) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = kind;
      button.textContent = this.bench.t(key);
      button.addEventListener("click", run);
      row.append(button);
    }
    return [words, row];
  }
}
