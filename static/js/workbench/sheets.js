// @ts-check
/** The dialogs: skip, flag, search for a label, keys and instructions. Their markup and words stand in the template. */
export class Sheets {
  /**
   * @param {HTMLElement} root
   * @param {import("./bench.js").Bench} bench
   */
  constructor(root, bench) {
    this.root = root;
    this.bench = bench;
    this.#search();
  }

  /** @param {string} name @returns {HTMLDialogElement} */
  #dialog(name) {
    return /** @type {HTMLDialogElement} */ (this.root.querySelector(`#bench-${name}`));
  }

  get open() {
    return Boolean(this.root.querySelector("dialog[open]"));
  }

  help() {
    this.#dialog("help").showModal();
  }

  /**
   * Ask, and hand over what was filled in.
   * @param {"skip" | "flag"} name
   * @param {(values: Record<string, string>) => void} then
   */
  ask(name, then) {
    const dialog = this.#dialog(name);
    const form = /** @type {HTMLFormElement} */ (dialog.querySelector("form[data-ask]"));
    form.reset();
    form.onsubmit = (event) => {
      event.preventDefault();
      dialog.close();
      then(/** @type {Record<string, string>} */ (Object.fromEntries(new FormData(form))));
    };
    dialog.showModal();
  }

  /**
   * In training: how the answer was, what is right, and why.
   * @param {{ score: number, answer: Record<string, unknown>, explanation: string }} found
   */
  feedback({ score, answer, explanation }) {
    const dialog = this.#dialog("feedback");
    const piece = (/** @type {string} */ name) => /** @type {HTMLElement} */ (dialog.querySelector(`[data-piece="${name}"]`));
    piece("right").hidden = score < 1;
    piece("wrong").hidden = score >= 1;
    piece("answer").textContent = Object.values(answer).map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join("; ");
    piece("explanation").textContent = explanation;
    dialog.onclose = () => {
      const { config, session, queue } = /** @type {any} */ (this.root);
      if (!session.current && !queue.waiting.length && config.urls.result) location.assign(config.urls.result);
    };
    dialog.showModal();
  }

  // -- search ----------------------------------------------------------------------------------------------

  #search() {
    const dialog = this.#dialog("search");
    this.input = /** @type {HTMLInputElement} */ (dialog.querySelector("input"));
    this.results = /** @type {HTMLElement} */ (dialog.querySelector("[role=listbox]"));
    this.input.addEventListener("input", () => this.#show());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.results.addEventListener("click", (event) => {
      const row = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[role=option]"));
      if (row) this.#choose(row);
    });
  }

  /**
   * @param {import("./types.js").FieldConfig | null} field only this one's labels
   * @param {(field: string, label: string) => void} then
   */
  search(field, then) {
    this.only = field;
    this.then = then;
    if (this.input) this.input.value = "";
    this.#show();
    this.#dialog("search").showModal();
    this.input?.focus();
  }

  #show() {
    const wanted = (this.input?.value ?? "").trim().toLowerCase();
    const fields = this.bench.store.fields.filter((field) => (!this.only || field.name === this.only.name));
    const rows = fields.flatMap((field) => this.bench.labels(field)
      .filter((label) => `${label.title} ${label.name}`.toLowerCase().includes(wanted))
      .map((label) => this.#row(field, label)));
    this.results?.replaceChildren(...rows);
    this.#mark(rows[0]);
  }

  /** @param {import("./types.js").FieldConfig} field @param {import("./types.js").Label} label */
  #row(field, label) {
    const row = document.createElement("div");
    row.setAttribute("role", "option");
    row.id = `bench-option-${field.name}-${label.name}`.replaceAll(" ", "_");
    row.dataset.field = field.name;
    row.dataset.label = label.name;
    const word = document.createElement("span");
    word.textContent = label.title;
    const where = document.createElement("span");
    where.className = "tiny";
    where.textContent = field.title ?? field.name;
    row.append(word, where);
    return row;
  }

  /** @param {Element | undefined} row */
  #mark(row) {
    for (const one of this.results?.children ?? []) one.setAttribute("aria-selected", String(one === row));
    this.input?.setAttribute("aria-activedescendant", row?.id ?? "");
    row?.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const rows = [...(this.results?.children ?? [])];
    const at = rows.findIndex((row) => row.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") this.#mark(rows[Math.min(rows.length - 1, at + 1)]);
    else if (event.key === "ArrowUp") this.#mark(rows[Math.max(0, at - 1)]);
    else if (event.key === "Enter" && !event.isComposing && rows[at]) this.#choose(/** @type {HTMLElement} */ (rows[at]));
    else return;
    event.preventDefault();
  }

  /** @param {HTMLElement} row */
  #choose(row) {
    this.#dialog("search").close();
    this.then?.(row.dataset.field ?? "", row.dataset.label ?? "");
  }
}
