// @ts-check
/** Free text for the whole item. */
import { panel } from "./panel.js";
import { percent, unwrap } from "./proposal.js";

/** @type {import("./index.js").FieldType} */
export const text = {
  empty: () => "",
  proposals(field, raw) {
    const { value, confidence } = unwrap(raw);
    return value ? [{ field: field.name, turn: null, text: String(value), confidence }] : [];
  },
  apply: (field, value, suggestion) => suggestion.text ?? "",
  gap(field, value) {
    if (field.max_length && Array.from(value ?? "").length > field.max_length) return { turn: null, key: "too_long" };
    return field.required && !(value ?? "").trim() ? { turn: null, key: "write_an_answer" } : null;
  },
  view: (field, bench) => new TextView(field, bench),
};

class TextView {
  /**
   * @param {import("./index.js").FieldConfig} field
   * @param {import("../workbench/bench.js").Bench} bench
   */
  constructor(field, bench) {
    this.field = field;
    this.bench = bench;
    const frame = panel(field, bench, bench.t("text"));
    this.element = frame.element;
    this.area = document.createElement("textarea");
    this.area.id = `text-${field.name}`;
    this.area.setAttribute("aria-labelledby", frame.title.id);
    this.area.addEventListener("input", () => this.#typed());
    // What comes in at once is kept apart from what is typed: copied answers show by it.
    this.area.addEventListener("paste", (event) => {
      const pasted = event.clipboardData?.getData("text").length ?? 0;
      this.bench.store.note({ field: this.field.name, action: "paste", after: pasted });
    });
    this.proposal = document.createElement("div");
    this.proposal.className = "bench-proposal";
    this.count = document.createElement("p");
    this.count.className = "tiny";
    this.element.append(this.area, this.proposal, this.count);
  }

  focus() {
    this.area.focus();
  }

  #typed() {
    this.bench.store.change(this.field.name, this.area.value, { action: "type", after: this.area.value.length, typing: true });
  }

  update() {
    const value = this.bench.store.now.values[this.field.name] ?? "";
    if (this.area.value !== value) this.area.value = value;
    const most = this.field.max_length ?? 0;
    const used = Array.from(value).length;
    this.count.textContent = most && used > most * 0.8 ? `${used} / ${most}` : "";
    this.count.classList.toggle("bad", most > 0 && used > most);
    const suggestion = this.bench.store.now.pending.find((one) => one.field === this.field.name);
    this.proposal.hidden = !suggestion;
    this.proposal.replaceChildren(...(suggestion ? this.#offer(suggestion) : []));
  }

  /** @param {import("./index.js").Suggestion} suggestion */
  #offer(suggestion) {
    const words = document.createElement("p");
    words.textContent = suggestion.text ?? "";
    const take = document.createElement("button");
    take.type = "button";
    take.className = "btn small";
    take.textContent = `${this.bench.t("accept_suggestion")} ${percent(suggestion.confidence)}`;
    take.addEventListener("click", () => this.bench.accept(suggestion));
    const leave = document.createElement("button");
    leave.type = "button";
    leave.className = "btn ghost small";
    leave.textContent = this.bench.t("remove");
    leave.addEventListener("click", () => this.bench.store.reject(suggestion));
    const row = document.createElement("div");
    row.className = "row";
    row.append(take, leave);
    return [words, row];
  }
}
