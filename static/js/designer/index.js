// @ts-check
import { csrfToken } from "../csrf.js";
import { readStrings } from "../strings.js";
import { toast } from "../toast.js";
import { Cards } from "./cards.js";
import { JsonView } from "./json-view.js";
import "./preview.js";

const CHECK_AFTER_MS = 250;
const KEEP_AFTER_MS = 900;

/**
 * The designer's page: one text of JSON, shown as it is and as cards, checked by the server while somebody types, drawn
 * on a sample, and kept as a draft.
 */
class Designer {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.config = JSON.parse(document.getElementById("designer-config")?.textContent ?? "{}");
    this.t = readStrings("designer-strings");
    this.piece = (/** @type {string} */ name) => /** @type {HTMLElement} */ (root.querySelector(`[data-part="${name}"]`));
    const area = /** @type {HTMLTextAreaElement} */ (root.querySelector("textarea[name=text]"));
    this.json = new JsonView(this.piece, area, this.config, this.t);
    this.cards = new Cards(this.piece("cards"), this.piece("types"), this.config, this.t);
    this.preview = /** @type {import("./preview.js").Preview} */ (this.piece("preview"));
    this.sample = /** @type {HTMLSelectElement} */ (this.piece("sample"));
    this.own = /** @type {HTMLTextAreaElement} */ (this.piece("own"));
    this.samples = this.config.samples ?? [];
    /** @type {any[]} */
    this.fields = [];
    this.asked = 0;
    this.#fillSamples();
    this.#listen();
    this.#read();
    this.#tab(this.readable ? "form" : "json");
    void this.check();
  }

  #listen() {
    this.json.addEventListener("edit", () => (this.#read(), this.#changed()));
    this.cards.addEventListener("edit", () => {
      this.json.text = JSON.stringify(this.cards.fields, null, 2);
      this.#changed();
    });
    this.cards.addEventListener("removed", (event) => {
      const { name, undo } = /** @type {CustomEvent} */ (event).detail;
      toast(this.t("removed_field", { name }), { action: { label: this.t("undo"), run: undo }, seconds: 8 });
    });
    this.sample.addEventListener("change", () => this.#draw());
    this.own.addEventListener("input", () => this.#soon());
    for (const tab of this.root.querySelectorAll("[role=tab]")) {
      tab.addEventListener("click", () => this.#tab(tab.id.slice(4)));
      tab.addEventListener("keydown", (event) => this.#tabKey(/** @type {KeyboardEvent} */ (event)));
    }
    addEventListener("pagehide", () => this.#keep(true));
    this.root.querySelector("form")?.addEventListener("submit", () => (this.sent = true));
  }

  // -- the two views ---------------------------------------------------------------------------------------

  /** @param {string} name form or json */
  #tab(name) {
    for (const one of ["form", "json"]) {
      const tab = /** @type {HTMLElement} */ (this.root.querySelector(`#tab-${one}`));
      tab.setAttribute("aria-selected", String(one === name));
      tab.tabIndex = one === name ? 0 : -1;
      /** @type {HTMLElement} */ (this.root.querySelector(`#pane-${one}`)).hidden = one !== name;
    }
    if (name === "json") this.json.draw();
  }

  /** @param {KeyboardEvent} event */
  #tabKey(event) {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const other = /** @type {HTMLElement} */ (event.target).id === "tab-form" ? "json" : "form";
    this.#tab(other);
    /** @type {HTMLElement} */ (this.root.querySelector(`#tab-${other}`)).focus();
  }

  /** Cards from the text, as soon as it is a list of objects; until then they wait. */
  #read() {
    try {
      const found = JSON.parse(this.json.text);
      this.readable = Array.isArray(found) && found.every((one) => one && typeof one === "object" && !Array.isArray(one));
      if (this.readable) this.cards.take(found);
    } catch {
      this.readable = false;
    }
    this.piece("broken").hidden = Boolean(this.readable);
    this.piece("cards").hidden = this.piece("adder").hidden = !this.readable;
  }

  #changed() {
    this.dirty = true;
    this.sent = false;
    this.#soon();
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => void this.#keep(), KEEP_AFTER_MS);
  }

  // -- checking --------------------------------------------------------------------------------------------

  #soon() {
    clearTimeout(this.checking);
    this.checking = setTimeout(() => void this.check(), CHECK_AFTER_MS);
  }

  async check() {
    const number = (this.asked += 1);
    const text = this.json.text;
    const own = this.own.value.trim();
    const found = await this.#post(this.config.check, JSON.stringify({ text, ...(own ? { sample: own } : {}) }));
    // An answer that comes late, or of a text that has gone on, says nothing.
    if (!found || number !== this.asked || text !== this.json.text) return;
    this.json.mark(found.problems);
    this.cards.mark(found.problems);
    this.#list(found.problems);
    if (found.fields) this.fields = found.fields;
    this.#owned(own, found);
    this.root.dataset.checked = String(number);
    this.#draw(found.misfits ?? [], Boolean(found.problems.length));
  }

  /** @param {import("./json-view.js").Marked[]} problems */
  #list(problems) {
    const head = document.createElement("p");
    head.className = problems.length ? "bad" : "good";
    head.textContent = problems.length ? this.t("problems", { n: problems.length }) : this.t("all_good");
    const rows = problems.map((problem) => {
      const row = document.createElement("button");
      row.type = "button";
      row.className = "problem";
      const place = document.createElement("span");
      place.className = "tiny num";
      place.textContent = this.t("place", { line: problem.line, column: problem.column });
      const words = document.createElement("span");
      words.textContent = problem.detail;
      row.append(place, words);
      row.addEventListener("click", () => this.#show(problem));
      return row;
    });
    this.piece("problems").replaceChildren(head, ...rows);
  }

  /** @param {import("./json-view.js").Marked} problem */
  #show(problem) {
    const inForm = this.root.querySelector("#tab-form")?.getAttribute("aria-selected") === "true";
    const control = inForm && this.readable ? this.cards.at(problem.pointer) : null;
    if (control?.matches("input, select, textarea")) {
      control.closest("details")?.setAttribute("open", "");
      control.focus();
    } else {
      this.#tab("json");
      this.json.goTo(problem);
    }
  }

  // -- preview ---------------------------------------------------------------------------------------------

  #fillSamples() {
    this.samples.forEach((/** @type {any} */ _, /** @type {number} */ n) => this.sample.append(new Option(this.t("sample", { n: n + 1 }), String(n))));
    this.sample.append(new Option(this.t("pasted"), "own"));
    this.sample.options[this.sample.options.length - 1].disabled = true;
  }

  /** @param {string} own @param {any} found */
  #owned(own, found) {
    const option = this.sample.options[this.sample.options.length - 1];
    if (own && found.sample && JSON.stringify(found.sample) !== JSON.stringify(this.pasted)) {
      this.pasted = found.sample;
      option.disabled = false;
      this.sample.value = "own";
    }
    if (!own && this.sample.value === "own") this.sample.value = "0";
    option.disabled = !own;
  }

  /** @param {string[]} [misfits] @param {boolean} [stale] */
  #draw(misfits = [], stale = false) {
    const sample = this.sample.value === "own" ? this.pasted : this.samples[Number(this.sample.value)];
    const words = [...misfits, ...(stale ? [this.t("preview_waits")] : [])];
    this.piece("misfits").hidden = !words.length;
    this.piece("misfits").textContent = words.join(" ");
    if (!sample || stale) return;
    this.json.speakers = [...new Set((sample.turns ?? []).map((/** @type {any} */ one) => one.speaker))].filter(Boolean);
    this.preview.show(this.fields, sample, this.config.language);
  }

  // -- keeping ---------------------------------------------------------------------------------------------

  /** @param {boolean} [last] the page is going away */
  async #keep(last = false) {
    if (!this.dirty || this.sent) return;
    const form = /** @type {HTMLFormElement} */ (this.root.querySelector("form"));
    // Before the request: what is typed while it is on its way has still to be kept.
    this.dirty = false;
    const kept = await this.#post(this.config.draft, new URLSearchParams(/** @type {any} */ (new FormData(form))), last);
    if (kept === null) this.dirty = true;
    this.piece("state").textContent = this.t(kept === null ? "offline" : "draft_kept");
    if (kept === null) this.keeping = setTimeout(() => void this.#keep(), 5000);
  }

  /** @param {string} url @param {string | URLSearchParams} body @param {boolean} [last] @returns {Promise<any>} null where it failed */
  async #post(url, body, last = false) {
    const headers = { "X-CSRFToken": csrfToken(), Accept: "application/json", ...(typeof body === "string" ? { "Content-Type": "application/json" } : {}) };
    try {
      const response = await fetch(url, { method: "POST", credentials: "same-origin", headers, body, keepalive: last });
      if (!response.ok) return null;
      return response.status === 204 ? {} : await response.json();
    } catch {
      return null;
    }
  }
}

const root = /** @type {HTMLElement | null} */ (document.querySelector("[data-designer]"));
if (root) new Designer(root);
