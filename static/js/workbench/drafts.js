// @ts-check
/**
 * What this browser keeps: items in hand with their drafts ("held"), and answers on their way ("outbox").
 * IndexedDB, or localStorage where that is closed (private windows). Written on every change, read after a reload.
 *
 * @typedef {"held" | "outbox"} Shelf
 * @typedef {import("./types.js").Held | import("./types.js").Outgoing} Row
 * @typedef {{ put?: [Shelf, Row][], remove?: [Shelf, string][] }} Batch  done as a whole or not at all
 * @typedef {{ all(shelf: Shelf): Promise<any[]>, write(batch: Batch): Promise<void> }} Storage_
 */

const NAME = "manyhands";
/** @type {Shelf[]} */
const SHELVES = ["held", "outbox"];

/** @returns {Promise<Storage_>} */
export async function openStorage() {
  try {
    return new Database(await open());
  } catch {
    return new Fallback();
  }
}

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => SHELVES.forEach((shelf) => request.result.createObjectStore(shelf, { keyPath: "id" }));
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked"));
  });
}

class Database {
  /** @param {IDBDatabase} db */
  constructor(db) {
    this.db = db;
  }

  /** @param {Shelf} shelf */
  all(shelf) {
    return new Promise((resolve, reject) => {
      const request = this.db.transaction(shelf).objectStore(shelf).getAll();
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  /** @param {Batch} batch */
  write({ put = [], remove = [] }) {
    return new Promise((resolve, reject) => {
      const transaction = this.db.transaction(SHELVES, "readwrite");
      for (const [shelf, row] of put) transaction.objectStore(shelf).put(row);
      for (const [shelf, id] of remove) transaction.objectStore(shelf).delete(id);
      transaction.oncomplete = () => resolve(undefined);
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
      // Sent at once: without it a page that closes now would take the change with it.
      transaction.commit();
    });
  }
}

class Fallback {
  /** @param {Shelf} shelf */
  async all(shelf) {
    const prefix = `${NAME}:${shelf}:`;
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(prefix))
      .map((key) => JSON.parse(localStorage.getItem(key) ?? "null"));
  }

  /** @param {Batch} batch */
  async write({ put = [], remove = [] }) {
    for (const [shelf, row] of put) localStorage.setItem(`${NAME}:${shelf}:${row.id}`, JSON.stringify(row));
    for (const [shelf, id] of remove) localStorage.removeItem(`${NAME}:${shelf}:${id}`);
  }
}

/**
 * Whether this tab may take over what an earlier page left behind; a second tab open at the same time may not.
 * Held until the page goes. Waits a moment, since on a reload the old page still has it.
 * @param {string} owner
 * @returns {Promise<boolean>}
 */
export function ownShelves(owner) {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(600);
    navigator.locks
      .request(`${NAME}:${owner}`, { signal }, () => {
        resolve(true);
        return new Promise(() => {});
      })
      .catch(() => resolve(false));
  });
}
