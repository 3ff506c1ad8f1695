// @ts-check
/** What may stand in a relation's answer: {from, to, label}, where from and to are indexes into spans. */

/**
 * @typedef {import("./index.js").FieldConfig} FieldConfig
 * @typedef {import("../workbench/types.js").Span} Span
 * @typedef {import("../workbench/types.js").Link} Link
 * @typedef {Record<string, any>} Values
 * @typedef {"from" | "to"} End
 */

/** The span field at one end. @param {FieldConfig} field @param {End} end */
export const spansAt = (field, end) => (end === "to" ? (field.to ?? field.from) : field.from) ?? "";

/** @param {FieldConfig} field */
export const oneField = (field) => spansAt(field, "from") === spansAt(field, "to");

/** Whether a span may stand at an end. @param {FieldConfig} field @param {End} end @param {string} of its field @param {Span} span */
export function allows(field, end, of, span) {
  const labels = (end === "from" ? field.from_labels : field.to_labels) ?? [];
  return of === spansAt(field, end) && (!labels.length || labels.includes(span.label));
}

/** @param {Link[]} links */
const inOrder = (links) => [...links].sort((a, b) => a.from - b.from || a.to - b.to);

/** Without a direction the earlier span comes first. @param {FieldConfig} field @param {Link} link */
const turned = (field, link) => (field.directed === false && link.from > link.to ? { ...link, from: link.to, to: link.from } : link);

/**
 * The value with one more link; the same pair again changes its label.
 * @param {FieldConfig} field
 * @param {Link[]} links
 * @param {Link} wanted
 * @returns {{ links: Link[], link: Link, old: Link | undefined }}
 */
export function addLink(field, links, wanted) {
  const link = turned(field, wanted);
  const old = links.find((one) => one.from === link.from && one.to === link.to);
  return { links: inOrder([...links.filter((one) => one !== old), link]), link, old };
}

/** @param {Span} a @param {Span} b */
const shared = (a, b) => (a.turn === b.turn ? Math.min(a.end, b.end) - Math.max(a.start, b.start) : 0);

/** The span that is the same stretch, more or less: more than half in common. @param {Span[]} spans @param {Span} wanted */
export function nearest(spans, wanted) {
  const scored = spans.map((one, index) => ({ index, share: shared(one, wanted) / (Math.max(one.end, wanted.end) - Math.min(one.start, wanted.start)) }));
  const best = scored.filter((one) => one.share > 0.5).sort((a, b) => b.share - a.share)[0];
  return best ? best.index : -1;
}

/**
 * The links after the spans of one field have changed: they go with their spans, also when one was resized, given
 * another label or has grown together with another; what is gone takes its links along.
 * @param {FieldConfig} field
 * @param {Link[]} links
 * @param {string} changed the span field
 * @param {Span[]} before
 * @param {Span[]} after
 * @returns {Link[]} the same array where nothing changes
 */
export function followSpans(field, links, changed, before, after) {
  if (!links.length || (spansAt(field, "from") !== changed && spansAt(field, "to") !== changed)) return links;
  const fresh = after.filter((span) => !before.includes(span));
  const to = before.map((span) => {
    const kept = after.indexOf(span);
    return kept !== -1 ? kept : after.indexOf(/** @type {Span} */ (fresh.find((one) => shared(one, span) > 0)));
  });
  /** @param {number} index @param {End} end */
  const moved = (index, end) => (spansAt(field, end) === changed ? (to[index] ?? -1) : index);
  /** @type {Map<string, Link>} */
  const found = new Map();
  for (const link of links) {
    const now = turned(field, { ...link, from: moved(link.from, "from"), to: moved(link.to, "to") });
    if (now.from < 0 || now.to < 0 || (oneField(field) && now.from === now.to)) continue;
    if (spansAt(field, "from") === changed && !allows(field, "from", changed, after[now.from])) continue;
    if (spansAt(field, "to") === changed && !allows(field, "to", changed, after[now.to])) continue;
    const same = now.from === link.from && now.to === link.to;
    const key = `${now.from}>${now.to}`;
    if (!found.has(key)) found.set(key, same ? link : now);
  }
  const kept = inOrder([...found.values()]);
  return kept.length === links.length && kept.every((one, index) => one === links[index]) ? links : kept;
}
