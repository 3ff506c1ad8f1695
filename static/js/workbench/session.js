// @ts-check
import { newKey, Offline, Refusal } from "./api.js";

const HOLD = 2;
// The server gives out so many at once.
const BATCH = 5;
const PACES = 5;
const KEEP_MS = 7 * 24 * 3600 * 1000;

/**
 * @typedef {{ most: number, seconds: number, lease: number }} Ahead  how many items to hold at most, for how long they
 *   should last without a network, and how long they are lent
 */
/** @typedef {{ key: string, answer: Promise<import("./types.js").Assignment[]> }} Early  a claim that is on its way */

/** Says, without opening the storage, that items may lie there. @param {string} owner */
const sign = (owner) => `manyhands:held:${owner}`;

/**
 * Where this browser holds nothing yet, the first items are asked for before its storage is open.
 * @param {import("./api.js").Api} api
 * @param {string} owner
 * @returns {Early | null}
 */
export function claimEarly(api, owner) {
  if (localStorage.getItem(sign(owner))) return null;
  const key = newKey();
  const answer = api.claim(HOLD, key);
  answer.catch(() => {}); // heard of by whoever waits for it
  return { key, answer };
}

/**
 * The items in hand: the current one and one ahead, kept in the browser's storage together with their drafts.
 *
 * Events: "item" (another item is current; detail {held}), "empty", "signedout" {words}, "offline", "refused" {words, url},
 * "lease" (the current lease is new), "held" {count}.
 */
export class Session extends EventTarget {
  /**
   * @param {import("./api.js").Api} api
   * @param {import("./drafts.js").Storage_} storage
   * @param {string} owner person and project: whose drafts these are
   * @param {Early | null} early
   * @param {Ahead} [ahead]
   */
  constructor(api, storage, owner, early = null, ahead = { most: HOLD, seconds: 0, lease: 0 }) {
    super();
    this.api = api;
    this.storage = storage;
    this.owner = owner;
    /** @type {import("./types.js").Held[]} */
    this.held = [];
    this.order = 0;
    this.claiming = false;
    /** Kept until the claim is answered: a claim repeated after a lost answer gives the same items. */
    this.claimKey = early?.key ?? "";
    this.early = early;
    this.ahead = ahead;
    /** Seconds that the last items took. @type {number[]} */
    this.paces = [];
    this.shown = 0;
    /** @type {string[]} */
    this.onTheirWay = [];
    /** The item that the page was last told of. @type {import("./types.js").Held | null} */
    this.told = null;
  }

  get current() {
    return this.held[0] ?? null;
  }

  /**
   * @param {boolean} restore take up what an earlier page left
   * @param {string[]} onTheirWay assignments whose answers wait in the outbox
   */
  async start(restore, onTheirWay) {
    this.restores = restore;
    this.onTheirWay = onTheirWay;
    if (restore) await this.#restore();
    if (this.current) this.#tell("item", { held: this.current });
    await this.fill();
  }

  async #restore() {
    const rows = (await this.storage.all("held")).filter((row) => row.owner === this.owner);
    const keep = (/** @type {import("./types.js").Held} */ row) =>
      !this.expired(row) || (row.draft?.touched && Date.now() - row.saved_at < KEEP_MS);
    const gone = rows.filter((row) => !keep(row));
    this.held = rows.filter(keep).sort((a, b) => a.order - b.order);
    this.order = Math.max(0, ...this.held.map((row) => row.order)) + 1;
    if (gone.length) await this.storage.write({ remove: gone.map((row) => ["held", row.id]) });
  }

  /** @param {import("./types.js").Held} held */
  expired(held) {
    return Date.parse(held.assignment.lease_expires_at) <= this.api.now();
  }

  /**
   * How many items to hold: those that are done in the time that a network may be away, at this person's pace and
   * within half of their lease; the current one and one ahead at least.
   */
  get wanted() {
    const pace = [...this.paces].sort((a, b) => a - b)[Math.floor(this.paces.length / 2)];
    if (!pace) return HOLD;
    const { most, seconds, lease } = this.ahead;
    return Math.max(HOLD, Math.min(most, 1 + Math.ceil(seconds / pace), Math.floor(lease / 2 / pace)));
  }

  /** Claim until as many items as wanted are here. */
  async fill() {
    if ((this.held.length >= this.wanted && !this.early) || this.claiming) return;
    this.claiming = true;
    const waiting = !this.current;
    try {
      for (let found = 1; found && (this.held.length < this.wanted || this.early); ) {
        const more = await this.#more(Math.min(BATCH, Math.max(1, this.wanted - this.held.length)));
        for (const assignment of more) await this.#take(assignment);
        found = this.current && waiting ? 0 : more.length;
      }
      if (waiting) this.#tell(this.current ? "item" : "empty", { held: this.current });
    } catch (error) {
      this.#failed(error, waiting);
    } finally {
      this.claiming = false;
    }
    // Whoever is quicker than a claim has nothing in hand by now, and nobody else would say so.
    if (!waiting && this.current !== this.told) {
      if (this.current) this.#tell("item", { held: this.current });
      else await this.fill();
    }
  }

  /** @param {number} missing */
  async #more(missing) {
    this.claimKey ||= newKey();
    const early = this.early;
    this.early = null;
    const claimed = await (early ? early.answer : this.api.claim(missing, this.claimKey));
    this.claimKey = "";
    const known = new Set([...this.onTheirWay, ...this.held.map((one) => one.id)]);
    // Nothing new and nothing here: the limit may be used up by items that this browser has forgotten.
    const found = claimed.length || this.current || !this.restores ? claimed : await this.api.live();
    return found.filter((one) => !known.has(one.id)).slice(0, early ? undefined : missing);
  }

  /** @param {import("./types.js").Assignment} assignment */
  async #take(assignment) {
    const held = { id: assignment.id, owner: this.owner, assignment, draft: null, saved_at: Date.now(), order: this.order++ };
    this.held.push(held);
    localStorage.setItem(sign(this.owner), "1");
    await this.#keep(held);
    this.#tell("held", { count: this.held.length });
  }

  /** @param {unknown} error @param {boolean} waiting whether the annotator has nothing to work on */
  #failed(error, waiting) {
    if (error instanceof Refusal && !error.transient) this.claimKey = "";
    if (error instanceof Refusal && error.signedOut) this.#tell("signedout", { words: error.message });
    else if (error instanceof Refusal && !error.transient) this.#tell("refused", { words: error.message, url: error.url, waiting });
    else if (error instanceof Refusal || error instanceof Offline) this.#tell("offline", { waiting });
    else throw error;
  }

  /** Storage that is full or closed must not stop the work. @param {import("./types.js").Held} held */
  async #keep(held) {
    try {
      await this.storage.write({ put: [["held", held]] });
      return true;
    } catch (error) {
      console.warn(error);
      return false;
    }
  }

  /** @param {import("./types.js").Draft} draft */
  async saveDraft(draft) {
    if (!this.current) return false;
    this.current.draft = draft;
    this.current.saved_at = Date.now();
    return this.#keep(this.current);
  }

  /** Go on to the next item; the current one is someone else's business now. @param {{ forget: boolean }} options */
  async advance({ forget }) {
    const done = this.held.shift();
    if (done) this.onTheirWay.push(done.id);
    this.paces = [...this.paces, Math.max(0.5, (performance.now() - this.shown) / 1000)].slice(-PACES);
    for (let next = this.current; next && this.expired(next) && !next.draft?.touched; next = this.current) {
      this.held.shift();
      await this.storage.write({ remove: [["held", next.id]] });
    }
    if (this.current) this.#tell("item", { held: this.current });
    if (done && forget) await this.storage.write({ remove: [["held", done.id]] });
    await this.fill();
    return done;
  }

  /** An item comes back to be worked on again, before all others.
   * @param {import("./types.js").Assignment} assignment
   * @param {import("./types.js").Draft | null} draft
   */
  async bringBack(assignment, draft) {
    this.held = this.held.filter((one) => one.id !== assignment.id);
    const order = Math.min(0, ...this.held.map((one) => one.order)) - 1;
    const held = { id: assignment.id, owner: this.owner, assignment, draft, saved_at: Date.now(), order };
    this.held.unshift(held);
    await this.#keep(held);
    this.#tell("item", { held });
  }

  /** Ask for more time for what is in hand. */
  async extend() {
    for (const held of this.held) {
      const { lease_expires_at } = await this.api.extend(held.id);
      await this.#lease(held, lease_expires_at);
    }
  }

  /** Take an expired item again. Raises Refusal when somebody else has it. */
  async reclaim() {
    const held = this.current;
    if (!held) return;
    await this.#lease(held, (await this.api.reclaim(held.id)).lease_expires_at);
  }

  /** @param {import("./types.js").Held} held @param {string} until */
  async #lease(held, until) {
    held.assignment = { ...held.assignment, lease_expires_at: until };
    await this.#keep(held);
    if (held === this.current) this.#tell("lease", {});
  }

  /** @param {string} name @param {object} detail */
  #tell(name, detail) {
    if (name === "item") {
      this.shown = performance.now();
      this.told = /** @type {any} */ (detail).held;
    }
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
