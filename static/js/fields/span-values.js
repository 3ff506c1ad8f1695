// @ts-check
/** What may stand in a span field's answer. Values are lists of spans in order, never changed in place. */

/**
 * @typedef {import("../workbench/types.js").Span} Span
 * @typedef {import("./index.js").FieldConfig} FieldConfig
 */

/**
 * @param {FieldConfig} field
 * @param {Span} a
 * @param {Span} b
 */
const excludes = (field, a, b) => a.turn === b.turn && (!field.overlapping || a.label === b.label);

/** @param {{start: number, end: number}} a @param {{start: number, end: number}} b */
const touches = (a, b) => a.start < b.end && b.start < a.end;

/** @param {Span[]} spans */
export const inOrder = (spans) =>
  [...spans].sort((a, b) => a.turn - b.turn || a.start - b.start || a.end - b.end || (a.label < b.label ? -1 : 1));

/**
 * The value with one more span. The same stretch again changes its label; stretches of one label grow together
 * where overlaps are allowed; other collisions are refused.
 * @param {FieldConfig} field
 * @param {Span[]} spans
 * @param {Span} span
 * @returns {{ spans: Span[], span: Span } | null}
 */
export function addSpan(field, spans, span) {
  const same = spans.find((one) => excludes(field, one, span) && one.start === span.start && one.end === span.end);
  const rest = spans.filter((one) => one !== same);
  const hit = rest.filter((one) => excludes(field, one, span) && touches(one, span));
  if (!hit.length) return { spans: inOrder([...rest, span]), span };
  if (!field.overlapping && !hit.every((one) => one.label === span.label)) return null;
  const all = [...hit, span];
  const grown = { ...span, start: Math.min(...all.map((one) => one.start)), end: Math.max(...all.map((one) => one.end)) };
  if (!field.overlapping && rest.some((one) => !hit.includes(one) && excludes(field, one, grown) && touches(one, grown))) return null;
  return { spans: inOrder([...rest.filter((one) => !hit.includes(one)), grown]), span: grown };
}

/**
 * The value with one span's ends moved, as far as its neighbours allow.
 * @param {FieldConfig} field
 * @param {Span[]} spans
 * @param {Span} span one of `spans`
 * @param {number} start
 * @param {number} end
 * @returns {{ spans: Span[], span: Span }}
 */
export function resizeSpan(field, spans, span, start, end) {
  const others = spans.filter((one) => one !== span && excludes(field, one, span));
  const floor = Math.max(0, ...others.filter((one) => one.end <= span.start).map((one) => one.end));
  const ceiling = Math.min(Infinity, ...others.filter((one) => one.start >= span.end).map((one) => one.start));
  const moved = { ...span, start: Math.max(start, floor), end: Math.min(end, ceiling) };
  if (moved.start >= moved.end) return { spans, span };
  return { spans: inOrder(spans.map((one) => (one === span ? moved : one))), span: moved };
}
