// @ts-check
import { newKey, Refusal } from "./api.js";

// So long before its lease ends an answer goes out at the latest, however long it could be taken back.
const SPARE_MS = 5000;

/** What leaves the page: submit with undo, answers that come back, expired leases, skip and flag. */
export class Sending {
  /** @param {any} page the workbench element */
  constructor(page) {
    this.page = page;
  }

  /** @param {boolean} [late] hand it in although the slot is gone: kept, not counted */
  async submit(late = false) {
    const held = this.page.session.current;
    if (!held || this.page.busy) return;
    const gap = this.page.bench.gap();
    if (gap) {
      this.#point(gap);
      return;
    }
    if (this.page.session.expired(held) && !late) {
      this.offerReclaim(this.page.t("lease_ran_out"));
      return;
    }
    const draft = this.page.store.draft();
    const left = Date.parse(held.assignment.lease_expires_at) - this.page.api.now() - SPARE_MS;
    const wait = Math.max(0, Math.min((this.page.config.project.undo_seconds ?? 0) * 1000, left));
    const outgoing = {
      id: newKey(),
      owner: this.page.owner ?? "",
      assignment: held.assignment,
      draft,
      saved_at: Date.now(),
      not_before: Date.now() + wait,
      body: { answer: draft.values, seconds: draft.seconds, edits: draft.edits, ...(late ? { late } : {}) },
    };
    this.page.introduced();
    this.page.busy = true;
    this.page.notices.submitted(wait / 1000, () => void this.recall(outgoing.id));
    const moved = this.page.queue.add(outgoing);
    const ahead = this.page.session.advance({ forget: false });
    this.page.busy = false;
    if (!this.page.session.current) this.page.waitForNext();
    await Promise.allSettled([moved, ahead]);
  }

  /** @param {{ field: import("./types.js").FieldConfig, turn: number | null, key: string }} gap */
  #point({ field, turn, key }) {
    if (turn !== null) this.page.bench.goTo(turn);
    this.page.notices.atFields([{ pointer: `/answer/${field.name}`, code: "required", detail: this.page.t(key) }], this.page.piece("fields"));
    const view = this.page.views[this.page.store.fields.indexOf(field)];
    view.element.scrollIntoView({ block: "nearest" });
    view.focus();
  }

  /** Undo of a submit that has not gone out. @param {string} id */
  async recall(id) {
    const outgoing = await this.page.queue.cancel(id);
    if (outgoing) await this.page.session.bringBack(outgoing.assignment, outgoing.draft);
    else this.page.notices.hint(this.page.t("too_late"));
  }

  /** @param {import("./types.js").Today | undefined} today */
  saved(today) {
    this.page.strip.saved(today);
    this.page.notices.saved();
    if (!this.page.session.current) this.page.piece("empty-sum").textContent = this.page.strip.sum();
  }

  /** @param {{ outgoing: import("./types.js").Outgoing, refusal: Refusal }} detail */
  async refused({ outgoing, refusal }) {
    const words = refusal.message;
    this.page.notices.refused(words);
    await this.page.session.bringBack(outgoing.assignment, outgoing.draft);
    if (refusal.status === 409) {
      this.offerReclaim(words, () => void this.submit());
      return;
    }
    const rest = this.page.notices.atFields(refusal.errors, this.page.piece("fields"));
    this.page.notices.banner([words, ...rest].join(" "), []);
    this.page.piece("fields").querySelector(".bench-problems p")?.scrollIntoView({ block: "nearest" });
  }

  /** @param {string} words @param {() => void} [then] */
  offerReclaim(words, then) {
    const again = async () => {
      try {
        await this.page.session.reclaim();
        this.page.notices.clear();
        then?.();
      } catch (error) {
        if (error instanceof Refusal && error.signedOut) this.page.notices.signedOut();
        else if (error instanceof Refusal && error.status === 409) this.offerLate(error.message);
        else this.offerReclaim(error instanceof Refusal ? `${error.message} ${this.page.t("taken")}` : this.page.t("offline"), then);
      }
    };
    this.page.notices.banner(words, [
      { label: this.page.t(then ? "reclaim_and_submit" : "reclaim"), run: () => void again(), primary: true },
      { label: this.page.t("leave_it"), run: () => void this.page.session.advance({ forget: true }) },
    ]);
  }

  /** The slot is gone. What was done can still be handed in. @param {string} words */
  offerLate(words) {
    this.page.notices.banner(`${words} ${this.page.t("taken")}`, [
      { label: this.page.t("submit_late"), run: () => (this.page.notices.clear(), void this.submit(true)), primary: true },
      { label: this.page.t("leave_it"), run: () => void this.page.session.advance({ forget: true }) },
    ]);
  }

  /** @param {boolean} loud */
  async extend(loud) {
    try {
      await this.page.session.extend();
      if (loud) this.page.notices.hint(this.page.t("extended"));
    } catch (error) {
      if (loud) this.page.notices.hint(error instanceof Refusal ? error.message : this.page.t("offline"));
    }
  }

  /** @param {string} id @param {() => Promise<any>} call */
  async #tellServer(id, call) {
    try {
      await call();
      return true;
    } catch (error) {
      if (error instanceof Refusal && error.signedOut) this.page.notices.signedOut();
      else this.page.notices.refused(error instanceof Refusal ? error.message : this.page.t("offline"));
      return error instanceof Refusal && (error.status === 404 || error.status === 409);
    }
  }

  skip() {
    this.page.sheets.ask("skip", async ({ reason, other }) => {
      const id = this.page.session.current?.id ?? "";
      const gone = await this.#tellServer(id, () => this.page.api.giveBack(id, (other ?? "").trim() || reason));
      if (gone) await this.page.session.advance({ forget: true });
      if (!this.page.session.current) this.page.empty();
    });
  }

  flag() {
    const { selection, picked } = this.page.bench.cursor;
    const marked = selection ?? /** @type {any} */ (picked?.span);
    const span = marked ? { turn: marked.turn, start: marked.start, end: marked.end } : null;
    this.page.sheets.ask("flag", async ({ kind, comment }) => {
      const id = this.page.session.current?.id ?? "";
      const place = kind === "personal_data" ? span : null;
      if (await this.#tellServer(id, () => this.page.api.flag(id, kind, comment, place))) this.page.notices.hint(this.page.t("flagged"));
    });
  }
}
