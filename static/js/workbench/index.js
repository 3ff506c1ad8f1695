// @ts-check
import { readStrings } from "../strings.js";
import { fieldType } from "../fields/index.js";
import { ActiveClock } from "./activity.js";
import { Api } from "./api.js";
import { Bench } from "./bench.js";
import { Dialogue } from "./dialogue.js";
import { openStorage, ownShelves } from "./drafts.js";
import { actionFor } from "./keyboard.js";
import { Notices } from "./notices.js";
import { Pointer } from "./pointer.js";
import { Sending } from "./sending.js";
import { claimEarly, Session } from "./session.js";
import { Sheets } from "./sheets.js";
import { AnswerStore } from "./store.js";
import { Strip } from "./strip.js";
import { SubmitQueue } from "./submit-queue.js";

// Ask for more time when this much of the lease, or this many seconds, are left.
const EXTEND_BELOW = { share: 0.3, seconds: 90 };
// Often enough for the server to tell work from a break (SURE_SECONDS in rewards/fair_rate.py is twice this).
const SIGN_EVERY_MS = 20_000;

/** <manyhands-workbench>: wires the parts together. Its markup comes from the template, its settings from workbench-config. */
class Workbench extends HTMLElement {
  connectedCallback() {
    void this.#start();
  }

  async #start() {
    this.config = JSON.parse(document.getElementById("workbench-config")?.textContent ?? "{}");
    const { project, urls = {} } = this.config;
    const api = urls.api ?? "/api/v1";
    const words = readStrings("workbench-strings");
    const piece = (/** @type {string} */ name) => /** @type {HTMLElement} */ (this.querySelector(`[data-part="${name}"]`));
    const language = document.documentElement.lang || "en";
    this.piece = piece;
    this.t = words;
    this.api = new Api(`${api}/projects/${project.id}/`, `${api}/assignments/`);
    this.clock = new ActiveClock();
    this.clock.watch(document);
    this.store = new AnswerStore(() => this.clock.seconds());
    this.bench = new Bench(this.store, words, language);
    this.dialogue = new Dialogue(piece("talk"), this.bench);
    this.pointer = new Pointer(this.dialogue);
    this.strip = new Strip(piece, this.config, words, language);
    this.notices = new Notices(piece, words, urls.signIn ?? "/accounts/login/");
    this.sheets = new Sheets(this, this.bench);
    const owner = `${this.dataset.user}:${project.id}`;
    this.owner = owner;
    this.api.ahead = Boolean(project.ahead);
    const early = claimEarly(this.api, owner);
    const [storage, restore] = await Promise.all([openStorage(), ownShelves(owner)]);
    this.queue = new SubmitQueue(this.api, storage);
    this.session = new Session(this.api, storage, owner, early, project.ahead);
    /** @type {import("../fields/index.js").FieldView[]} */
    this.views = [];
    this.sending = new Sending(this);
    this.#listen();
    this.#introduce(project.id);
    if (restore) this.queue.adopt((await storage.all("outbox")).filter((one) => one.owner === owner));
    await this.session.start(restore, this.queue.waiting.map((one) => one.assignment.id));
  }

  // -- wiring ----------------------------------------------------------------------------------------------

  #listen() {
    document.addEventListener("keydown", (event) => this.#key(event));
    this.addEventListener("click", (event) => this.#click(event));
    this.bench.addEventListener("change", () => this.#changed());
    this.bench.addEventListener("hint", (event) => this.notices.hint(/** @type {CustomEvent} */ (event).detail));
    this.bench.addEventListener("say", (event) => this.notices.say(/** @type {CustomEvent} */ (event).detail));
    this.bench.addEventListener("search", (event) => this.#search(/** @type {CustomEvent} */ (event).detail));
    this.store.addEventListener("change", () => this.#keepDraft());
    const on = (/** @type {EventTarget} */ source, /** @type {string} */ name, /** @type {(detail: any) => void} */ run) =>
      source.addEventListener(name, (event) => run(/** @type {CustomEvent} */ (event).detail));
    on(this.session, "item", ({ held }) => this.#show(held));
    on(this.session, "empty", () => this.empty());
    on(this.session, "held", ({ count }) => (this.dataset.held = String(count)));
    on(this.session, "lease", () => this.#tick());
    on(this.session, "signedout", () => this.notices.signedOut());
    on(this.session, "offline", ({ waiting }) => this.#offline(waiting));
    on(this.session, "refused", ({ words, url, waiting }) => (waiting ? this.#stuck(words, url) : this.notices.hint(words)));
    on(this.queue, "saved", ({ today, feedback }) => {
      this.sending.saved(today);
      if (feedback) this.sheets.feedback(feedback);
      // In a test the server, which alone knows when all is answered, may have closed it with this answer.
      else if (this.config.urls?.result && !this.session.current && !this.queue.waiting.length) location.assign(this.config.urls.result);
    });
    on(this.queue, "retrying", ({ seconds }) => this.notices.retrying(seconds));
    on(this.queue, "signedout", () => this.notices.signedOut());
    on(this.queue, "refused", (detail) => void this.sending.refused(detail));
    on(this.queue, "expired", (detail) => void this.sending.refused(detail));
    addEventListener("pagehide", () => this.#keepDraft());
    setInterval(() => this.#tick(), 1000);
  }

  /** Instructions lie open until the first answer in this project. @param {string} project */
  #introduce(project) {
    this.seen = `manyhands:seen:${project}`;
    this.piece("intro").hidden = Boolean(localStorage.getItem(this.seen)) || !this.piece("intro").textContent?.trim();
  }

  introduced() {
    localStorage.setItem(this.seen ?? "", "1");
    this.piece("intro").hidden = true;
  }

  // -- showing ---------------------------------------------------------------------------------------------

  /** @param {import("./types.js").Held} held */
  #show(held) {
    this.busy = true;
    this.notices.clear();
    this.piece("loading").hidden = this.piece("empty").hidden = true;
    this.piece("work").hidden = this.piece("foot").hidden = false;
    this.clock.restart(held.draft?.seconds ?? 0);
    try {
      this.bench.open(held.assignment, held.draft, this.config.project.language ?? "en");
      this.views = this.store.fields.map((field) => fieldType(field).view(field, this.bench));
    } catch (error) {
      this.#stuck(String(/** @type {Error} */ (error).message));
      throw error;
    }
    this.piece("fields").replaceChildren(...this.views.map((view) => view.element));
    this.dialogue.open();
    this.busy = false;
    this.#changed();
    this.#tick();
    if (!this.sheets.open) this.dialogue.follow();
    this.dataset.item = held.assignment.item.id;
  }

  #changed() {
    if (this.busy) return;
    this.dialogue.update();
    for (const view of this.views) view.update();
    this.#palette();
    for (const name of ["undo", "redo"]) {
      const button = /** @type {HTMLButtonElement | null} */ (this.querySelector(`[data-do="${name}"]`));
      if (button) button.disabled = !(name === "undo" ? this.store.past : this.store.future).length;
    }
  }

  /** On phones the fields lie below the text: the labels come to the selection. */
  #palette() {
    const { selection, picked } = this.bench.cursor;
    const { begun, picked: link } = this.bench.linker;
    const palette = this.piece("palette");
    palette.hidden = !selection && !picked && !begun && !link;
    if (palette.hidden) return;
    const types = begun || link ? ["relation"] : picked?.kind === "span" ? ["span", "relation"] : ["span"];
    const fields = this.store.fields.filter((field) => types.includes(field.type) && (!begun || field === begun.field));
    const buttons = fields.flatMap((field) => this.bench.labels(field).map((label) => {
      const button = this.#small(field.type === "relation" ? `${label.title} →` : label.title, () => this.#press(field.name, label.name));
      if (begun) button.setAttribute("aria-pressed", String(begun.label === label.name));
      const swatch = document.createElement("i");
      swatch.className = "swatch";
      this.bench.paint(swatch, field, label.name);
      button.prepend(swatch);
      return button;
    }));
    if (picked?.kind === "suggestion") buttons.unshift(this.#small(this.t("accept_suggestion"), () => this.bench.acceptNear()));
    if (begun) buttons.push(this.#small(this.t("give_up_link"), () => this.#do({ name: "clear" })));
    else if (picked || link) buttons.push(this.#small(this.t("remove"), () => this.bench.removeNear()));
    palette.replaceChildren(...buttons);
  }

  /** @param {string} word @param {() => void} run */
  #small(word, run) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn small";
    button.append(word);
    button.addEventListener("click", run);
    return button;
  }

  waitForNext() {
    this.piece("work").hidden = this.piece("foot").hidden = true;
    this.piece("loading").hidden = false;
  }

  empty() {
    this.piece("loading").hidden = this.piece("work").hidden = this.piece("foot").hidden = true;
    this.piece("empty").hidden = false;
    this.piece("empty-sum").textContent = this.strip.sum();
    this.strip.lease(null);
    delete this.dataset.item;
  }

  /** Nothing to work on, and the server says why. @param {string} words @param {string} [url] of a test to take */
  #stuck(words, url) {
    this.piece("loading").hidden = true;
    const again = { label: this.t("try_again"), run: () => void this.session.fill(), primary: !url };
    const notice = url?.startsWith("/privacy/");
    const target = notice ? `${url}?next=${encodeURIComponent(location.pathname)}` : url;
    const test = { label: this.t(notice ? "read_notice" : "take_test"), run: () => location.assign(target ?? ""), primary: true };
    this.notices.banner(words, url ? [test, again] : [again]);
  }

  /** @param {boolean} waiting */
  #offline(waiting) {
    if (waiting) this.#stuck(this.t("offline"));
    clearTimeout(this.again);
    this.again = setTimeout(() => void this.session.fill(), 5000);
  }

  #keepDraft() {
    if (this.busy || !this.session.current || !this.store.touched) return;
    void this.session.saveDraft(this.store.draft()).then((kept) => this.notices.draft(kept));
  }

  #tick() {
    const held = this.session.current;
    if (!held) return;
    this.#signOfLife(held.assignment.id);
    const left = (Date.parse(held.assignment.lease_expires_at) - this.api.now()) / 1000;
    this.strip.lease(left);
    const until = held.assignment.lease_expires_at;
    if (this.lease?.until !== until) this.lease = { until, full: left, asked: false };
    if (left <= 0 && this.piece("banner").hidden) this.sending.offerReclaim(this.t("lease_ran_out"));
    // Whoever is at work need not watch the clock.
    const low = Math.min(EXTEND_BELOW.seconds, this.lease.full * EXTEND_BELOW.share);
    if (left > 0 && left < low && !this.clock.idle && !this.lease.asked) {
      this.lease.asked = true;
      void this.sending.extend(false);
    }
  }

  /** The server measures the working time from these; a lost one costs nothing. @param {string} id */
  #signOfLife(id) {
    const now = performance.now();
    if (this.clock.idle || !navigator.onLine || now - (this.signed ?? 0) < SIGN_EVERY_MS) return;
    this.signed = now;
    this.api.alive(id).catch(() => {});
  }

  // -- commands --------------------------------------------------------------------------------------------

  /** @param {import("./types.js").FieldConfig | null} field */
  #search(field) {
    this.sheets.search(field, (name, label) => this.#press(name, label));
  }

  /** @param {string} field @param {string} label */
  #press(field, label) {
    this.views[this.store.fields.findIndex((one) => one.name === field)]?.press?.(label);
  }

  /** Begin or end a link of the first such field, or of the one begun. */
  #link() {
    const field = this.bench.linker.begun?.field ?? this.store.fields.find((one) => one.type === "relation");
    if (field) this.bench.linker.link(field);
  }

  /** @param {string} key a digit */
  #pressKey(key) {
    for (const [field, labels] of this.bench.legend) {
      const label = labels.find((one) => one.key === key);
      if (label) this.#press(field, label.name);
    }
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const action = actionFor(event);
    if (!action) return;
    if (!this.session?.current && action.name !== "help") return;
    event.preventDefault();
    this.#do(action);
  }

  /** @param {import("./keyboard.js").Action} action */
  #do({ name, key = "", direction = 1, unit = "word" }) {
    const { bench } = this;
    // Arrows point on the screen: in a text from right to left what comes next lies to the left.
    const along = () => /** @type {1 | -1} */ (this.dialogue.isRightToLeft(bench.cursor.turn) ? -direction : direction);
    /** @type {Record<string, () => void>} */
    const commands = {
      label: () => this.#pressKey(key),
      turn: () => (bench.goTo(bench.cursor.turn + direction), this.dialogue.follow()),
      word: () => bench.moveWord(along()),
      mark: () => (bench.pickNext(direction), this.dialogue.follow()),
      extend: () => bench.extend(along(), unit),
      swap: () => bench.swapEnd(),
      undo: () => this.store.undo() || bench.hint("nothing_to_undo"),
      redo: () => this.store.redo() || bench.hint("nothing_to_redo"),
      accept: () => bench.acceptNear(),
      remove: () => bench.removeNear(),
      clear: () => (bench.linker.clear(), bench.select(null)),
      link: () => this.#link(),
      leave: () => this.dialogue.follow(),
      submit: () => void this.sending.submit(),
      skip: () => this.sending.skip(),
      flag: () => this.sending.flag(),
      search: () => this.#search(null),
      help: () => this.sheets.help(),
      extendLease: () => void this.sending.extend(true),
      introduced: () => this.introduced(),
    };
    commands[name]?.();
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-do]"));
    if (button?.dataset.do) this.#do({ name: button.dataset.do });
  }
}

customElements.define("manyhands-workbench", Workbench);
