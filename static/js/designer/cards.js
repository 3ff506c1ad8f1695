// @ts-check
import { makeLegend } from "../workbench/legend.js";
import { labelRows } from "./labels.js";
import { button, labelled } from "./pieces.js";

/**
 * The fields as cards. They work on the same list of plain objects that the JSON view writes. Fires "edit".
 *
 * @typedef {{ key: string, kind: string, label: string, help: string, more: boolean }} Control
 * @typedef {{ type: string, title: string, words: string, keys: string[], scopes: string[], controls: Control[], start: any }} Type
 * @typedef {{ types: Type[], scopes: Record<string, string>, defaults: Record<string, any> }} Known
 */
export class Cards extends EventTarget {
  /**
   * @param {HTMLElement} list @param {HTMLElement} adder
   * @param {Known} known @param {import("../workbench/types.js").Words} words
   */
  constructor(list, adder, known, words) {
    super();
    this.list = list;
    this.known = known;
    this.t = words;
    /** @type {Record<string, any>[]} */
    this.fields = [];
    adder.append(...known.types.map((type) => this.#adds(type)));
  }

  /** @param {Type} type */
  #adds(type) {
    const made = button("", () => this.add(type), { className: "designer-type" });
    const title = document.createElement("strong");
    title.textContent = type.title;
    const words = document.createElement("span");
    words.className = "tiny";
    words.textContent = type.words;
    made.append(title, words);
    made.dataset.type = type.type;
    return made;
  }

  /** @param {Type} type */
  add(type) {
    const field = structuredClone(type.start);
    const taken = new Set(this.fields.map((one) => one.name));
    const name = field.name;
    for (let n = 2; taken.has(field.name); n += 1) field.name = `${name}_${n}`;
    if (type.type === "relation") field.from = this.#spans()[0] ?? "";
    if (type.type === "relation") for (const key of ["from_labels", "to_labels"]) delete field[key];
    this.fields.push(field);
    this.draw();
    this.#edited(`/fields/${this.fields.length - 1}/title`);
  }

  /** Redraw after the list came from elsewhere. @param {Record<string, any>[]} fields */
  take(fields) {
    this.fields = fields;
    this.draw();
  }

  #spans() {
    return this.fields.filter((one) => one.type === "span").map((one) => String(one.name ?? ""));
  }

  draw() {
    this.keys = this.#legend();
    const cards = this.fields.map((field, n) => this.#card(field, n));
    if (!cards.length) {
      const none = document.createElement("p");
      none.className = "muted";
      none.textContent = this.t("no_fields");
      this.list.replaceChildren(none);
    } else this.list.replaceChildren(...cards);
  }

  /** The key of each label; a schema that is not right yet may have none. */
  #legend() {
    try {
      const fields = /** @type {any[]} */ (this.fields);
      return makeLegend(fields, /** @type {any} */ ({ language: "en", candidates: [] }));
    } catch {
      return new Map();
    }
  }

  /** @param {Record<string, any>} field @param {number} n */
  #card(field, n) {
    const card = document.createElement("section");
    card.className = "card field-card";
    card.dataset.path = `/fields/${n}`;
    const type = this.known.types.find((one) => one.type === field.type);
    const head = document.createElement("div");
    head.className = "card-head";
    const title = document.createElement("h2");
    title.textContent = field.title || field.name || this.t("untitled");
    const chip = document.createElement("span");
    chip.className = "chip";
    chip.textContent = type?.title ?? String(field.type ?? "?");
    const tools = document.createElement("div");
    tools.className = "row";
    tools.append(chip, ...this.#tools(field, n));
    head.append(title, tools);
    const body = document.createElement("div");
    body.className = "pad stack field-card-body";
    const problems = document.createElement("div");
    problems.className = "field-card-problems";
    const more = this.#more();
    for (const control of type?.controls ?? []) {
      (control.more ? more : body).append(this.#control(control, field, n, type, title));
    }
    body.append(problems);
    if (more.children.length > 1) body.append(more);
    card.append(head, body);
    return card;
  }

  #more() {
    const box = document.createElement("details");
    box.className = "stack";
    const summary = document.createElement("summary");
    summary.textContent = this.t("more");
    box.append(summary);
    return box;
  }

  /** @param {Record<string, any>} field @param {number} n */
  #tools(field, n) {
    const name = String(field.title || field.name || n + 1);
    const move = (/** @type {number} */ by) => {
      this.fields.splice(n + by, 0, ...this.fields.splice(n, 1));
      this.draw();
      this.#edited(`/fields/${n + by}/title`);
    };
    return [
      button("↑", () => move(-1), { className: "icon-btn", label: this.t("up_field", { name }), disabled: n === 0 }),
      button("↓", () => move(1), { className: "icon-btn", label: this.t("down_field", { name }), disabled: n === this.fields.length - 1 }),
      button("×", () => this.#remove(n, name), { className: "icon-btn", label: this.t("remove_field", { name }) }),
    ];
  }

  /** @param {number} n @param {string} name */
  #remove(n, name) {
    const [gone] = this.fields.splice(n, 1);
    this.draw();
    this.#edited("");
    this.dispatchEvent(new CustomEvent("removed", { detail: { name, undo: () => {
      this.fields.splice(n, 0, gone);
      this.draw();
      this.#edited(`/fields/${n}/title`);
    } } }));
  }

  /** @param {Control} control @param {Record<string, any>} field @param {number} n @param {Type | undefined} type @param {HTMLElement} title */
  #control(control, field, n, type, title) {
    const path = `/fields/${n}/${control.key}`;
    const put = (/** @type {any} */ value) => {
      if (value === "" || value === undefined || (Array.isArray(value) && !value.length)) delete field[control.key];
      else field[control.key] = value;
      title.textContent = field.title || field.name || this.t("untitled");
      this.#edited();
    };
    if (control.kind === "labels") return this.#labels(control, field, n);
    const value = field[control.key] ?? this.known.defaults[control.key];
    const input = this.#input(control, value, put, type, field);
    input.dataset.path = path;
    const box = labelled(control.label, control.help, input, control.kind === "flag");
    box.classList.toggle("wide", ["title", "help"].includes(control.key));
    return box;
  }

  /** @param {Control} control @param {any} value @param {(value: any) => void} put @param {Type | undefined} type @param {Record<string, any>} field */
  #input(control, value, put, type, field) {
    if (control.kind === "scope" || control.kind === "spans") {
      const values = control.kind === "scope" ? type?.scopes ?? [] : ["", ...this.#spans()];
      const select = document.createElement("select");
      for (const one of values) select.append(new Option(this.known.scopes[one] ?? (one || this.t("choose")), one));
      select.value = value ?? values[0];
      select.addEventListener("change", () => put(select.value));
      return select;
    }
    if (control.kind === "long") {
      const area = document.createElement("textarea");
      area.rows = 2;
      area.value = String(value ?? "");
      area.addEventListener("input", () => put(area.value));
      return area;
    }
    const input = document.createElement("input");
    input.type = { flag: "checkbox", number: "number" }[control.kind] ?? "text";
    input.autocomplete = "off";
    if (control.kind === "flag") {
      input.checked = Boolean(control.key === "required" ? field.required ?? this.#usuallyRequired(field) : value);
      input.addEventListener("change", () => put(input.checked));
    } else if (control.kind === "names") {
      input.value = Array.isArray(value) ? value.join(", ") : "";
      input.addEventListener("input", () => put(input.value.split(/[,，]/).map((one) => one.trim()).filter(Boolean)));
    } else {
      input.value = String(value ?? "");
      const number = control.kind === "number";
      input.addEventListener("input", () => put(number && input.value !== "" ? Number(input.value) : input.value));
    }
    return input;
  }

  /** As the server has it where nothing is said. @param {Record<string, any>} field */
  #usuallyRequired(field) {
    return ["text", "rank"].includes(field.type) || (["choice", "scale"].includes(field.type) && field.scope !== "turn");
  }

  /** @param {Control} control @param {Record<string, any>} field @param {number} n */
  #labels(control, field, n) {
    const box = document.createElement("fieldset");
    box.className = "field";
    const legend = document.createElement("legend");
    legend.textContent = control.label;
    const keys = (this.keys?.get(field.name) ?? []).map((/** @type {{ key: string }} */ one) => one.key);
    box.append(legend, labelRows(field, { words: this.t, path: `/fields/${n}`, keys, change: (redraw, focus) => {
      if (redraw) this.draw();
      this.#edited(focus);
    } }));
    box.dataset.path = `/fields/${n}/labels`;
    return box;
  }

  /** @param {string} [focus] the pointer of what gets the focus after a redraw */
  #edited(focus) {
    this.dispatchEvent(new Event("edit"));
    if (focus) this.at(focus)?.focus();
  }

  /** The control for a pointer, or the nearest around it. @param {string} pointer */
  at(pointer) {
    for (let path = pointer; path.includes("/"); path = path.slice(0, path.lastIndexOf("/"))) {
      const found = /** @type {HTMLElement | null} */ (this.list.querySelector(`[data-path="${CSS.escape(path)}"]`));
      if (found) return found;
    }
    return null;
  }

  /** @param {import("./json-view.js").Marked[]} problems */
  mark(problems) {
    for (const one of this.list.querySelectorAll("[aria-invalid]")) one.removeAttribute("aria-invalid");
    for (const one of this.list.querySelectorAll(".field-card-problems")) one.replaceChildren();
    for (const problem of problems) {
      const control = this.at(problem.pointer);
      if (control?.matches("input, select, textarea")) control.setAttribute("aria-invalid", "true");
      const line = document.createElement("p");
      line.className = "bad";
      line.textContent = problem.detail;
      control?.closest(".field-card")?.querySelector(".field-card-problems")?.append(line);
    }
  }
}
