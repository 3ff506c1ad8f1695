// @ts-check
/** Links between marked texts. Pick a mark, press a label, choose the other mark; the lines are drawn in the dialogue. */
import { addLink, followSpans, nearest, oneField, spansAt } from "./link-values.js";
import { colouredOption, panel, rove } from "./panel.js";
import { percent, unwrap } from "./proposal.js";

/**
 * @typedef {import("./index.js").FieldConfig} FieldConfig
 * @typedef {import("./index.js").Suggestion} Suggestion
 * @typedef {import("../workbench/types.js").Span} Span
 * @typedef {import("../workbench/types.js").Link} Link
 * @typedef {import("./link-values.js").End} End
 */

/** @type {End[]} */
const ENDS = ["from", "to"];

/**
 * The spans that a model's indexes count: its own suggestion for the span field.
 * @param {Record<string, any> | undefined} all
 * @param {string} name
 * @returns {Span[]}
 */
const suggested = (all, name) => unwrap(all?.[name] ?? []).value ?? [];

/** @type {import("./index.js").FieldType} */
export const relation = {
  empty: () => [],
  proposals(field, raw, all) {
    const { value, confidence } = unwrap(raw);
    return (value ?? []).flatMap((/** @type {any} */ one) => {
      const [from, to] = ENDS.map((end) => suggested(all, spansAt(field, end))[one[end]]);
      if (!from || !to) return [];
      return [{ field: field.name, turn: from.turn ?? 0, from, to, label: one.label, confidence: one.confidence ?? confidence }];
    });
  },
  apply(field, value, suggestion, values) {
    const [from, to] = ENDS.map((end) => nearest(values[spansAt(field, end)] ?? [], /** @type {Span} */ (suggestion[end])));
    if (from < 0 || to < 0 || (oneField(field) && from === to)) return null;
    return addLink(field, value, { from, to, label: suggestion.label ?? "" }).links;
  },
  gap: (field, value) => (field.required && !value.length ? { turn: null, key: "link_something" } : null),
  follow: followSpans,
  // The marks that a suggested link is about are taken over with it.
  needs: (field, suggestion, bench) => ENDS.flatMap((end) => {
    const name = spansAt(field, end);
    const wanted = /** @type {Span} */ (suggestion[end]);
    if (nearest(bench.store.now.values[name] ?? [], wanted) !== -1) return [];
    const pending = bench.store.now.pending.filter((one) => one.field === name && one.start !== undefined);
    return pending.filter((one) => nearest([/** @type {Span} */ (/** @type {unknown} */ (one))], wanted) === 0);
  }),
  lines: (field, bench) => [
    ...bench.store.now.values[field.name].map((/** @type {Link} */ link) => ({
      field, label: link.label, from: endOf(field, "from", link, bench), to: endOf(field, "to", link, bench),
      current: bench.linker.picked === link, suggested: false, pick: () => bench.linker.pick(field, link),
    })),
    ...bench.store.now.pending.filter((one) => one.field === field.name).map((one) => ({
      field, label: one.label ?? "", from: /** @type {Span} */ (one.from), to: /** @type {Span} */ (one.to),
      current: false, suggested: true, pick: () => bench.accept(one),
    })),
  ],
  view: (field, bench) => new RelationView(field, bench),
};

/**
 * @param {FieldConfig} field
 * @param {End} end
 * @param {Link} link
 * @param {import("../workbench/bench.js").Bench} bench
 * @returns {Span}
 */
function endOf(field, end, link, bench) {
  return bench.store.now.values[spansAt(field, end)][link[end]];
}

class RelationView {
  /**
   * @param {FieldConfig} field
   * @param {import("../workbench/bench.js").Bench} bench
   */
  constructor(field, bench) {
    this.field = field;
    this.bench = bench;
    const frame = panel(field, bench, bench.t("relation"));
    this.element = frame.element;
    this.group = document.createElement("div");
    this.group.className = "bench-options two";
    this.group.setAttribute("role", "group");
    this.group.setAttribute("aria-labelledby", frame.title.id);
    this.options = bench.labels(field).map((label) => colouredOption(this, label, "swatch line"));
    this.group.append(...this.options);
    if (this.options[0]) this.options[0].tabIndex = 0;
    rove(this.group);
    this.note = document.createElement("p");
    this.note.className = "tiny bench-linking";
    this.list = document.createElement("ul");
    this.list.className = "bench-spans bench-links";
    this.list.setAttribute("aria-label", bench.t("linked_list", { title: frame.title.textContent ?? "" }));
    rove(this.list);
    /** What a click on each button of the list does: one listener, however many links. @type {WeakMap<Element, () => void>} */
    this.runs = new WeakMap();
    this.list.addEventListener("click", (event) => {
      const button = /** @type {Element} */ (event.target).closest("button");
      if (button) this.runs.get(button)?.();
    });
    /** @type {{ now: object, picked: Link | null } | null} */
    this.drawn = null;
    this.element.append(this.group, this.note, this.list);
  }

  get links() {
    return /** @type {Link[]} */ (this.bench.store.now.values[this.field.name]);
  }

  focus() {
    this.options[0]?.focus();
  }

  /** @param {string} label */
  press(label) {
    this.bench.linker.press(this.field, label);
  }

  update() {
    const { linker, store } = this.bench;
    const begun = linker.begun?.field === this.field ? linker.begun : null;
    const picked = linker.field === this.field ? linker.picked : null;
    for (const button of this.options) {
      button.setAttribute("aria-pressed", String((begun?.label ?? picked?.label) === button.dataset.option));
    }
    this.note.textContent = begun
      ? this.bench.t("choose_other_end", { label: this.bench.titleOf(this.field, begun.label), text: this.bench.quote(begun.span) })
      : this.links.length ? "" : this.bench.t("how_to_link");
    this.note.hidden = !this.note.textContent;
    if (this.drawn?.now !== store.now || this.drawn.picked !== picked) this.#list();
    this.drawn = { now: store.now, picked };
  }

  #list() {
    const { store } = this.bench;
    const pending = store.now.pending.filter((one) => one.field === this.field.name);
    const at = /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll("[data-option]")]).indexOf(/** @type {HTMLElement} */ (document.activeElement));
    this.list.replaceChildren(
      ...this.links.map((one) => this.#row(one, endOf(this.field, "from", one, this.bench), endOf(this.field, "to", one, this.bench), null)),
      ...pending.map((one) => this.#row(null, /** @type {Span} */ (one.from), /** @type {Span} */ (one.to), one)),
    );
    const rows = /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll("[data-option]")]);
    if (rows[0]) (rows[at] ?? rows[0]).tabIndex = 0;
    if (at !== -1) (rows[at] ?? rows.at(-1))?.focus({ preventScroll: true });
  }

  /** @param {Link | null} link @param {Span} from @param {Span} to @param {Suggestion | null} suggestion */
  #row(link, from, to, suggestion) {
    const label = link?.label ?? suggestion?.label ?? "";
    const row = document.createElement("li");
    row.className = suggestion ? "suggestion" : "link";
    const open = document.createElement("button");
    open.type = "button";
    open.className = "bench-span";
    open.dataset.option = "";
    open.tabIndex = -1;
    if (link && this.bench.linker.picked === link) open.setAttribute("aria-current", "true");
    const swatch = document.createElement("i");
    swatch.className = "swatch line";
    this.bench.paint(swatch, this.field, label);
    const word = document.createElement("b");
    const arrow = this.field.directed === false ? "↔" : "→";
    word.textContent = `${this.bench.titleOf(this.field, label)} ${suggestion ? `${percent(suggestion.confidence)} ` : ""}${arrow}`;
    open.append(swatch, this.#quote(from), word, this.#quote(to));
    const accept = () => {
      if (suggestion) this.bench.accept(suggestion);
    };
    this.runs.set(open, link ? () => this.bench.linker.pick(this.field, link) : accept);
    row.append(open);
    if (suggestion) row.append(this.#small("✓", "accept_suggestion", accept));
    row.append(this.#small("×", "remove", () => (link ? this.bench.linker.remove(this.field, link) : suggestion && this.bench.store.reject(suggestion))));
    return row;
  }

  /** @param {Span} span */
  #quote(span) {
    const text = document.createElement("q");
    text.dir = "auto";
    text.textContent = this.bench.quote(span);
    return text;
  }

  /** @param {string} sign @param {string} key @param {() => void} run */
  #small(sign, key, run) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "bench-mini";
    button.tabIndex = -1;
    button.textContent = sign;
    button.setAttribute("aria-label", this.bench.t(key));
    this.runs.set(button, run);
    return button;
  }
}
