// @ts-check
import { Offline, Refusal } from "./api.js";

/**
 * Sends answers in the background, oldest first, until each is acknowledged or refused. The outbox lies in the
 * browser's storage, so a reload, a lost network or an expired session only delays it; the Idempotency-Key makes
 * sending twice harmless.
 *
 * Events (detail): "saved" {outgoing, today, feedback}, "retrying" {outgoing, seconds}, "refused" {outgoing, refusal},
 * "expired" {outgoing, refusal}, "signedout" {outgoing}.
 */
export class SubmitQueue extends EventTarget {
  /**
   * @param {import("./api.js").Api} api
   * @param {import("./drafts.js").Storage_} storage
   */
  constructor(api, storage) {
    super();
    this.api = api;
    this.storage = storage;
    /** @type {import("./types.js").Outgoing[]} */
    this.waiting = [];
    this.attempts = 0;
    this.sending = "";
    this.paused = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    addEventListener("online", () => this.resume());
    addEventListener("pagehide", () => this.#leave());
  }

  /** @param {import("./types.js").Outgoing[]} outgoing already in storage */
  adopt(outgoing) {
    this.waiting.push(...outgoing.sort((a, b) => a.saved_at - b.saved_at));
    this.#wake(0);
  }

  /** @param {import("./types.js").Outgoing} outgoing moves from "held" to "outbox" in one step */
  async add(outgoing) {
    this.waiting.push(outgoing);
    try {
      await this.storage.write({ put: [["outbox", outgoing]], remove: [["held", outgoing.assignment.id]] });
    } finally {
      // Storage may be full; the answer still goes out. An earlier one does not wait for the end of this one's undo.
      const soonest = Math.min(...this.waiting.map((one) => one.not_before));
      if (this.waiting.length) this.#wake(Math.max(0, soonest - Date.now()));
    }
  }

  /**
   * Take an answer back that has not been sent yet.
   * @param {string} id
   */
  async cancel(id) {
    const found = this.waiting.find((one) => one.id === id);
    if (!found || this.sending === id || !found.not_before) return null;
    await this.#drop(found);
    return found;
  }

  resume() {
    this.paused = false;
    this.attempts = 0;
    this.#wake(0);
  }

  /** Whoever leaves will not take back what could still be taken back. It stays in the outbox until acknowledged. */
  #leave() {
    if (this.paused) return;
    for (const one of this.waiting.filter(({ id }) => id !== this.sending)) {
      one.not_before = 0; // too late for an undo, should the page come back
      this.api.submitLeaving(one);
    }
  }

  /** @param {number} delay milliseconds */
  #wake(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.#drain(), delay);
  }

  async #drain() {
    if (this.sending || this.paused) return;
    const next = this.waiting.find((one) => one.not_before <= Date.now());
    if (!next) {
      const soonest = Math.min(...this.waiting.map((one) => one.not_before));
      if (this.waiting.length) this.#wake(soonest - Date.now());
      return;
    }
    this.sending = next.id;
    try {
      const answer = await this.api.submit(next);
      await this.#drop(next);
      this.attempts = 0;
      this.#tell("saved", { outgoing: next, today: answer?.today, feedback: answer?.feedback });
    } catch (error) {
      await this.#failed(next, error);
    } finally {
      this.sending = "";
    }
    if (this.waiting.length && !this.paused && !this.attempts) this.#wake(0);
  }

  /**
   * @param {import("./types.js").Outgoing} outgoing
   * @param {unknown} error
   */
  async #failed(outgoing, error) {
    if (error instanceof Refusal && !error.transient) {
      if (error.signedOut) {
        this.paused = true;
        this.#tell("signedout", { outgoing });
        return;
      }
      this.attempts = 0;
      await this.#drop(outgoing);
      this.#tell(error.status === 409 ? "expired" : "refused", { outgoing, refusal: error });
      return;
    }
    if (!(error instanceof Refusal || error instanceof Offline)) console.error(error);
    this.attempts += 1;
    const asked = error instanceof Refusal ? error.retryAfter : 0;
    const seconds = Math.max(asked, Math.min(30, 2 ** (this.attempts - 1)));
    this.#tell("retrying", { outgoing, seconds });
    this.#wake(seconds * 1000);
  }

  /** @param {import("./types.js").Outgoing} outgoing */
  async #drop(outgoing) {
    this.waiting = this.waiting.filter((one) => one !== outgoing);
    await this.storage.write({ remove: [["outbox", outgoing.id]] });
  }

  /**
   * @param {string} name
   * @param {object} detail
   */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
