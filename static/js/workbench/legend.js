// @ts-check
/** The labels of all fields with their keys and colours. */
import { fieldType, labelsOf } from "../fields/index.js";

const COLOURS = 8;
const COLOURED = ["span", "relation"];

/**
 * Keys are 1 to 9, in the order of the fields. A scale whose points are such numbers has its own digits where these
 * are still free, or none: a 4 that means 1 would be worse than no key.
 * @param {import("./types.js").FieldConfig[]} fields
 * @param {import("./bench.js").Bench} bench
 * @returns {Map<string, import("./types.js").Label[]>}
 */
export function makeLegend(fields, bench) {
  const free = new Set("123456789");
  let colours = 0;
  return new Map(fields.map((field) => {
    const labels = fieldType(field).labels?.(field, bench) ?? labelsOf(field, bench.language);
    const own = labels.filter((label) => label.own && label.name.length === 1 && label.name > "0").map((label) => label.name);
    const ownFree = own.every((key) => free.has(key));
    return [field.name, labels.map((label) => {
      colours += COLOURED.includes(field.type) ? 1 : 0;
      const wanted = label.own ? (ownFree && own.includes(label.name) ? label.name : "") : [...free][0] ?? "";
      free.delete(wanted);
      const color = label.color || `c${((colours - 1 + COLOURS) % COLOURS) + 1}`;
      return { name: label.name, title: label.title, color, key: wanted };
    })];
  }));
}
