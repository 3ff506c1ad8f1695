// @ts-check
import { fieldType } from "../fields/index.js";
import { readStrings } from "../strings.js";
import { Bench } from "../workbench/bench.js";
import { Dialogue } from "../workbench/dialogue.js";
import { actionFor } from "../workbench/keyboard.js";
import { Pointer } from "../workbench/pointer.js";
import { AnswerStore } from "../workbench/store.js";

/** <manyhands-preview>: the workbench's own parts on a sample, without anything that leads to a server. */
export class Preview extends HTMLElement {
  connectedCallback() {
    const piece = (/** @type {string} */ name) => /** @type {HTMLElement} */ (this.querySelector(`[data-part="${name}"]`));
    this.panel = piece("fields");
    this.store = new AnswerStore(() => 0);
    this.bench = new Bench(this.store, readStrings("workbench-strings"), document.documentElement.lang || "en");
    this.dialogue = new Dialogue(piece("talk"), this.bench);
    this.pointer = new Pointer(this.dialogue);
    /** @type {import("../fields/index.js").FieldView[]} */
    this.views = [];
    this.bench.addEventListener("change", () => this.#update());
    this.addEventListener("keydown", (event) => this.#key(event));
  }

  /**
   * Draw these fields on this item. What was answered in a field that is the same as before stays answered.
   * @param {import("../workbench/types.js").FieldConfig[]} fields in full, as the server gives them
   * @param {object} sample
   * @param {string} language
   */
  show(fields, sample, language) {
    if (!this.store || !this.bench) return;
    const kept = this.#kept(fields, sample);
    this.drawing = true;
    this.sample = sample;
    this.bench.open({ id: "preview", lease_expires_at: "", item: { id: "preview", ...sample }, fields, draft: kept }, null, language);
    this.views = fields.map((field) => fieldType(field).view(field, /** @type {Bench} */ (this.bench)));
    this.panel?.replaceChildren(...this.views.map((view) => view.element));
    this.dialogue?.open();
    this.drawing = false;
    this.#update();
  }

  /** @param {import("../workbench/types.js").FieldConfig[]} fields @param {object} sample */
  #kept(fields, sample) {
    if (sample !== this.sample || !this.store) return {};
    const before = new Map(this.store.fields.map((field) => [field.name, JSON.stringify({ ...field, title: "", help: "", title_zh: "", help_zh: "" })]));
    const same = fields.every((field) => field.type !== "relation") ? fields : [];
    return Object.fromEntries(same
      .filter((field) => before.get(field.name) === JSON.stringify({ ...field, title: "", help: "", title_zh: "", help_zh: "" }))
      .map((field) => [field.name, this.store?.now.values[field.name]]));
  }

  #update() {
    if (this.drawing) return;
    this.dialogue?.update();
    for (const view of this.views) view.update();
  }

  /** Keys work as on the workbench while the focus is inside. @param {KeyboardEvent} event */
  #key(event) {
    const action = actionFor(event);
    if (!action || !this.bench || !this.store) return;
    const { bench, store } = this;
    const { name, key = "", direction = 1, unit = "word" } = action;
    /** @type {Record<string, () => void>} */
    const commands = {
      label: () => this.#press(key),
      turn: () => (bench.goTo(bench.cursor.turn + direction), this.dialogue?.follow()),
      word: () => bench.moveWord(direction),
      mark: () => bench.pickNext(direction),
      extend: () => bench.extend(direction, unit),
      swap: () => bench.swapEnd(),
      undo: () => store.undo(),
      redo: () => store.redo(),
      remove: () => bench.removeNear(),
      clear: () => (bench.linker.clear(), bench.select(null)),
    };
    if (!commands[name]) return;
    event.preventDefault();
    event.stopPropagation();
    commands[name]();
  }

  /** @param {string} key */
  #press(key) {
    for (const [field, labels] of this.bench?.legend ?? []) {
      const label = labels.find((one) => one.key === key);
      const at = this.store?.fields.findIndex((one) => one.name === field) ?? -1;
      if (label) this.views[at]?.press?.(label.name);
    }
  }
}

customElements.define("manyhands-preview", Preview);
