// @ts-check
import { fieldType } from "../fields/index.js";

const HISTORY = 300;
const EDITS = 400;
const TYPING_MS = 1500;

/**
 * The answer being worked on: values per field, suggestions not yet decided, undo and redo, and a record of edits.
 * Values are never changed in place. Fires "change" after each step.
 */
export class AnswerStore extends EventTarget {
  /** @param {() => number} seconds active seconds so far, for the record of edits */
  constructor(seconds) {
    super();
    this.seconds = seconds;
    /** @type {import("./types.js").FieldConfig[]} */
    this.fields = [];
    /** @type {import("./types.js").Snapshot} */
    this.now = { values: {}, pending: [] };
    this.touched = false;
    this.#forget();
  }

  #forget() {
    /** @type {import("./types.js").Snapshot[]} */
    this.past = [];
    /** @type {import("./types.js").Snapshot[]} */
    this.future = [];
    /** @type {import("./types.js").Edit[]} */
    this.edits = [];
    this.typing = { field: "", at: 0 };
  }

  /**
   * @param {import("./types.js").Assignment} assignment
   * @param {import("./types.js").Draft | null} draft
   */
  load(assignment, draft) {
    this.fields = assignment.fields;
    this.#forget();
    const empty = Object.fromEntries(this.fields.map((field) => [field.name, fieldType(field).empty(field)]));
    const pending = this.fields.flatMap((field) => {
      const proposed = assignment.suggestion?.[field.name];
      return proposed === undefined || proposed === null ? [] : fieldType(field).proposals(field, proposed, assignment.suggestion);
    });
    this.now = draft
      ? { values: { ...empty, ...draft.values }, pending: draft.pending }
      : { values: { ...empty, ...assignment.draft }, pending };
    this.edits = draft?.edits ? [...draft.edits] : [];
    this.touched = Boolean(draft?.touched);
    this.dispatchEvent(new Event("change"));
  }

  /** @param {string} name */
  field(name) {
    return /** @type {import("./types.js").FieldConfig} */ (this.fields.find((field) => field.name === name));
  }

  /**
   * @param {string} field
   * @param {any} value
   * @param {{ action: string, before?: any, after?: any, confidence?: number, pending?: import("./types.js").Suggestion[], typing?: boolean }} edit
   */
  change(field, value, { pending = this.now.pending, typing = false, ...edit }) {
    const goesOn = typing && this.typing.field === field && Date.now() - this.typing.at < TYPING_MS;
    // One undo step and one edit for a run of typing, not one per letter.
    if (!goesOn) {
      this.past = [...this.past, this.now].slice(-HISTORY);
      this.#record({ field, ...edit });
    } else {
      const last = this.edits.at(-1);
      if (last) last.after = edit.after;
    }
    this.typing = { field: typing ? field : "", at: Date.now() };
    this.future = [];
    this.#set({ values: { ...this.now.values, [field]: value, ...this.#following(field, value) }, pending });
  }

  /** The values of fields that speak of this one's. @param {string} changed @param {any} value */
  #following(changed, value) {
    const before = this.now.values[changed];
    return Object.fromEntries(this.fields.flatMap((field) => {
      const follow = field.name === changed ? undefined : fieldType(field).follow;
      return follow ? [[field.name, follow(field, this.now.values[field.name], changed, before, value)]] : [];
    }));
  }

  /**
   * Put a suggestion into the answer.
   * @param {import("./types.js").Suggestion} suggestion
   * @returns {boolean} false where the field does not allow it there
   */
  accept(suggestion) {
    const field = this.field(suggestion.field);
    const value = fieldType(field).apply(field, this.now.values[field.name], suggestion, this.now.values);
    if (value === null) return false;
    const { field: _, confidence, ...after } = suggestion;
    this.change(field.name, value, { action: "accept", after, confidence, pending: this.#without(suggestion) });
    return true;
  }

  /** @param {import("./types.js").Suggestion} suggestion */
  reject(suggestion) {
    const { field, confidence, ...before } = suggestion;
    const pending = this.#without(suggestion);
    this.change(field, this.now.values[field], { action: "reject", before, confidence, pending });
  }

  /** @param {import("./types.js").Suggestion} suggestion */
  #without(suggestion) {
    return this.now.pending.filter((one) => one !== suggestion);
  }

  undo() {
    const back = this.past.pop();
    if (!back) return false;
    this.future.push(this.now);
    this.#travel("undo", back);
    return true;
  }

  redo() {
    const ahead = this.future.pop();
    if (!ahead) return false;
    this.past.push(this.now);
    this.#travel("redo", ahead);
    return true;
  }

  /**
   * @param {string} action
   * @param {import("./types.js").Snapshot} snapshot
   */
  #travel(action, snapshot) {
    this.typing = { field: "", at: 0 };
    const changed = this.fields.find((field) => snapshot.values[field.name] !== this.now.values[field.name]);
    this.#record({ field: changed?.name ?? "", action });
    this.#set(snapshot);
  }

  /** @param {import("./types.js").Snapshot} snapshot */
  #set(snapshot) {
    this.now = snapshot;
    this.touched = true;
    this.dispatchEvent(new Event("change"));
  }

  /**
   * Something that happened on the way to a value, for the record of edits only.
   * @param {Omit<import("./types.js").Edit, "at">} edit
   */
  note(edit) {
    this.#record(edit);
  }

  /** @param {Omit<import("./types.js").Edit, "at">} edit */
  #record(edit) {
    if (this.edits.length < EDITS) this.edits.push({ at: this.seconds(), ...edit });
  }

  /** @returns {import("./types.js").Draft} */
  draft() {
    return { ...this.now, edits: [...this.edits], seconds: this.seconds(), touched: this.touched };
  }
}
