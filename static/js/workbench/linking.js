// @ts-check
/** Making a link in two steps: begin at the picked mark, end at another one. Also which link is picked. */
import { addLink, allows, oneField, spansAt } from "../fields/link-values.js";

/**
 * @typedef {import("./types.js").FieldConfig} FieldConfig
 * @typedef {import("./types.js").Link} Link
 * @typedef {import("./types.js").Span} Span
 * @typedef {import("./types.js").Picked} Picked
 * @typedef {{ field: FieldConfig, label: string, end: "from" | "to", of: string, span: Span }} Begun
 */

export class Linker {
  /** @param {import("./bench.js").Bench} bench */
  constructor(bench) {
    this.bench = bench;
    this.clear();
  }

  /** Silently, since whoever calls this shows something else now. */
  clear() {
    /** @type {Begun | null} */
    this.begun = null;
    /** @type {Link | null} */
    this.picked = null;
    /** @type {FieldConfig | null} */
    this.field = null;
  }

  /** What is gone, by undo or because its marks are, is no longer meant. */
  settle() {
    const { values } = this.bench.store.now;
    if (this.begun && !values[this.begun.of]?.includes(this.begun.span)) this.begun = null;
    if (this.field && !values[this.field.name]?.includes(this.picked)) this.picked = this.field = null;
  }

  /** A label's key or button. @param {FieldConfig} field @param {string} label */
  press(field, label) {
    const { picked } = this.bench.cursor;
    if (this.picked && this.field === field) this.#relabel(field, this.picked, label);
    else if (this.begun?.field === field && (!picked || picked.span === this.begun.span)) this.#again(label);
    else if (this.begun?.field === field) this.#end(picked, label);
    else this.#begin(field, label);
  }

  /** The key for linking, whatever the label. @param {FieldConfig} field */
  link(field) {
    this.press(field, this.begun?.label ?? this.bench.labels(field)[0]?.name ?? "");
  }

  /** A mark that was clicked or tapped. @param {Picked} picked @returns {boolean} whether it was the other end */
  take(picked) {
    if (!this.begun || picked.kind !== "span" || picked.span === this.begun.span) return false;
    this.#end(picked, this.begun.label);
    return true;
  }

  /** @param {FieldConfig} field @param {Link} link */
  pick(field, link) {
    this.bench.select(null);
    [this.field, this.picked] = [field, link];
    this.bench.cursor.turn = this.bench.store.now.values[spansAt(field, "from")][link.from].turn;
    this.bench.changed();
  }

  /** @param {FieldConfig} field @param {Link} link */
  remove(field, link) {
    const rest = this.bench.store.now.values[field.name].filter((/** @type {Link} */ one) => one !== link);
    this.bench.store.change(field.name, rest, { action: "remove", before: this.#told(field, link) });
    this.bench.say("unlinked", {});
  }

  /** @param {FieldConfig} field @param {string} label */
  #begin(field, label) {
    const { picked } = this.bench.cursor;
    if (!picked || picked.kind !== "span") {
      this.bench.hint(picked ? "accept_mark_first" : "pick_a_mark");
      return;
    }
    const span = /** @type {Span} */ (picked.span);
    const end = /** @type {const} */ (["from", "to"]).find((one) => allows(field, one, picked.field, span));
    if (!end) {
      this.bench.hint("not_linkable");
      return;
    }
    this.begun = { field, label, end, of: picked.field, span };
    this.bench.say("choose_other_end", { label: this.bench.titleOf(field, label), text: this.bench.quote(span) });
    this.bench.changed();
  }

  /** @param {string} label another label, or the same one to give up */
  #again(label) {
    if (!this.begun) return;
    this.begun = this.begun.label === label ? null : { ...this.begun, label };
    if (!this.begun) this.bench.say("link_given_up", {});
    this.bench.changed();
  }

  /** @param {Picked | null} picked @param {string} label */
  #end(picked, label) {
    const { begun } = this;
    if (!begun || !picked || picked.kind !== "span") {
      this.bench.hint("accept_mark_first");
      return;
    }
    const span = /** @type {Span} */ (picked.span);
    const other = begun.end === "from" ? "to" : "from";
    // Where either end would do, the first one picked was the beginning; else they may have been picked backwards.
    const forth = allows(begun.field, other, picked.field, span);
    const back = allows(begun.field, begun.end, picked.field, span) && allows(begun.field, other, begun.of, begun.span);
    if (!forth && !back) {
      this.bench.hint("not_linkable");
      return;
    }
    const first = forth ? begun.end === "from" : begun.end !== "from";
    const [from, to] = first ? [begun.span, span] : [span, begun.span];
    this.#make(begun.field, from, to, label);
  }

  /** @param {FieldConfig} field @param {Span} from @param {Span} to @param {string} label */
  #make(field, from, to, label) {
    const { values, pending } = this.bench.store.now;
    const wanted = { from: values[spansAt(field, "from")].indexOf(from), to: values[spansAt(field, "to")].indexOf(to), label };
    if (oneField(field) && wanted.from === wanted.to) return;
    const { links, link, old } = addLink(field, values[field.name], wanted);
    const settled = pending.filter((one) => one.field === field.name && this.#same(one.from, from) && this.#same(one.to, to));
    const exact = settled.find((one) => one.label === label);
    this.begun = null;
    this.bench.cursor.picked = null;
    this.bench.store.change(field.name, links, {
      action: exact ? "accept" : old ? "relabel" : settled.length ? "change" : "add",
      before: old && this.#told(field, old),
      after: this.#told(field, link),
      confidence: settled[0]?.confidence,
      pending: pending.filter((one) => !settled.includes(one)),
    });
    this.pick(field, link);
    this.bench.say("linked", { label: this.bench.titleOf(field, label), from: this.bench.quote(from), to: this.bench.quote(to) });
  }

  /** @param {FieldConfig} field @param {Link} link @param {string} label */
  #relabel(field, link, label) {
    if (link.label === label) return;
    const made = addLink(field, this.bench.store.now.values[field.name], { ...link, label });
    this.bench.store.change(field.name, made.links, { action: "relabel", before: this.#told(field, link), after: this.#told(field, made.link) });
    this.pick(field, made.link);
  }

  /** @param {Span | undefined} a @param {Span} b */
  #same(a, b) {
    return a?.turn === b.turn && a.start === b.start && a.end === b.end;
  }

  /** For the record of edits: the spans themselves, since indexes move. @param {FieldConfig} field @param {Link} link */
  #told(field, link) {
    const { values } = this.bench.store.now;
    return { from: values[spansAt(field, "from")][link.from], to: values[spansAt(field, "to")][link.to], label: link.label };
  }
}
