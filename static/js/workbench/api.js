// @ts-check
import { csrfToken } from "../csrf.js";
import { tellReplaced } from "../toast.js";

/** The server said no, in words (RFC 9457). */
export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {{ title?: string, detail?: string, code?: string, errors?: import("./types.js").Problem[],
   *   qualifications?: { url: string }[], read?: string }} document_
   * @param {number} retryAfter seconds
   */
  constructor(status, document_, retryAfter) {
    super(document_.detail || document_.title || String(status));
    this.status = status;
    this.code = document_.code ?? "";
    this.errors = document_.errors ?? [];
    /** Where the person can get what they lack, or read what has to be read first. */
    this.url = document_.qualifications?.find((one) => one.url)?.url ?? document_.read ?? "";
    this.retryAfter = retryAfter;
  }

  /** Also a stale CSRF token: the session it belonged to is gone. */
  get signedOut() {
    return this.status === 401 || (this.status === 403 && (!this.code || /csrf/i.test(this.message)));
  }

  get transient() {
    return this.status >= 500 || this.status === 429 || this.status === 408;
  }
}

/** No answer at all: the network is gone, or the server is. */
export class Offline extends Error {}

/** An Idempotency-Key. Not crypto.randomUUID, which plain http on a company's own network does not have. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The REST paths that the workbench uses. */
export class Api {
  /** @param {string} project its address @param {string} assignments their address */
  constructor(project, assignments) {
    this.project = project;
    this.assignments = assignments;
    /** Milliseconds by which the server's clock is ahead of this one. */
    this.skew = 0;
    /** Whether more items may be held, for work without a network. */
    this.ahead = false;
  }

  now() {
    return Date.now() + this.skew;
  }

  /**
   * @param {number} count
   * @param {string} key the same key again gives the same items again
   * @returns {Promise<import("./types.js").Assignment[]>} empty when there is nothing left for this person
   */
  async claim(count, key) {
    return (await this.#send("POST", `${this.project}claim`, { count, ...(this.ahead ? { ahead: true } : {}) }, key))?.assignments ?? [];
  }

  /**
   * What this person holds already, perhaps since before the browser's storage was emptied.
   * @returns {Promise<import("./types.js").Assignment[]>}
   */
  async live() {
    return (await this.#send("GET", `${this.project}assignments`))?.assignments ?? [];
  }

  /**
   * @param {import("./types.js").Outgoing} outgoing
   * @returns {Promise<{ id: string, today?: import("./types.js").Today }>}
   */
  submit(outgoing) {
    return this.#send("POST", this.#path(outgoing.assignment.id, "submit"), outgoing.body, outgoing.id);
  }

  /** The page goes: the browser sends this all the same, and nobody hears what comes of it.
   * @param {import("./types.js").Outgoing} outgoing
   */
  submitLeaving(outgoing) {
    const url = this.#path(outgoing.assignment.id, "submit");
    this.#send("POST", url, outgoing.body, outgoing.id, { keepalive: true }).catch(() => {});
  }

  /**
   * @param {string} id
   * @param {string} reason
   */
  giveBack(id, reason) {
    return this.#send("POST", this.#path(id, "return"), { reason });
  }

  /**
   * @param {string} id
   * @returns {Promise<{ lease_expires_at: string }>}
   */
  extend(id) {
    return this.#send("POST", this.#path(id, "extend"), {});
  }

  /**
   * @param {string} id
   * @returns {Promise<{ lease_expires_at: string }>}
   */
  reclaim(id) {
    return this.#send("POST", this.#path(id, "reclaim"), {});
  }

  /** @param {string} id */
  alive(id) {
    return this.#send("POST", this.#path(id, "activity"), {});
  }

  /**
   * @param {string} id
   * @param {string} kind
   * @param {string} comment
   * @param {{ turn: number, start: number, end: number } | null} [span] what is marked as personal data
   */
  flag(id, kind, comment, span = null) {
    return this.#send("POST", this.#path(id, "flag"), { kind, comment, ...(span ? { spans: [span] } : {}) });
  }

  /**
   * @param {string} id
   * @param {string} verb
   */
  #path(id, verb) {
    return `${this.assignments}${id}/${verb}`;
  }

  /**
   * @param {"GET" | "POST"} method
   * @param {string} url
   * @param {object} [body]
   * @param {string} [key]
   * @param {RequestInit} [more]
   */
  async #send(method, url, body, key = newKey(), more = {}) {
    const headers = { Accept: "application/json, application/problem+json" };
    const sent = { "Content-Type": "application/json", "X-CSRFToken": csrfToken(), "Idempotency-Key": key };
    const options = method === "GET" ? { headers } : { headers: { ...headers, ...sent }, body: JSON.stringify(body) };
    /** @type {Response} */
    let response;
    try {
      response = await fetch(url, { method, credentials: "same-origin", ...options, ...more });
    } catch (error) {
      throw new Offline(String(error));
    }
    const date = Date.parse(response.headers.get("Date") ?? "");
    if (date) this.skew = Math.abs(date - Date.now()) > 5000 ? date - Date.now() : 0;
    const text = await response.text();
    tellReplaced(response.headers.get("Privacy-Replaced-Words"));
    if (response.ok && !response.redirected) return text ? JSON.parse(text) : null;
    // A redirect to the sign-in page arrives as its HTML.
    if (response.redirected) throw new Refusal(401, {}, 0);
    throw new Refusal(response.status, parse(text), Number(response.headers.get("Retry-After")) || 0);
  }
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
