// @ts-check
/**
 * One module per field type; all of them have this interface.
 *
 * @typedef {import("../workbench/types.js").FieldConfig} FieldConfig
 * @typedef {import("../workbench/types.js").Suggestion} Suggestion
 * @typedef {import("../workbench/bench.js").Bench} Bench
 * @typedef {{
 *   element: HTMLElement,
 *   update: () => void,
 *   press?: (label: string) => void,
 *   focus: () => void,
 * }} FieldView  what stands in the panel; `press` is a label's key
 * @typedef {{ turn: number | null, key: string }} Gap  where an answer is missing, and the word that says so
 * @typedef {{
 *   empty: (field: FieldConfig) => any,
 *   proposals: (field: FieldConfig, raw: any, all?: Record<string, any>) => Suggestion[],
 *   apply: (field: FieldConfig, value: any, suggestion: Suggestion, values: Record<string, any>) => any,
 *   gap: (field: FieldConfig, value: any, bench: Bench) => Gap | null,
 *   view: (field: FieldConfig, bench: Bench) => FieldView,
 *   labels?: (field: FieldConfig, bench: Bench) => { name: string, title: string, own?: boolean, color?: string }[],
 *   chips?: (field: FieldConfig, value: any, turn: number) => string[],
 *   follow?: (field: FieldConfig, value: any, changed: string, before: any, after: any) => any,
 *   needs?: (field: FieldConfig, suggestion: Suggestion, bench: Bench) => Suggestion[],
 *   lines?: (field: FieldConfig, bench: Bench) => import("../workbench/lines.js").Line[],
 * }} FieldType  `apply` gives the new value, or null where it may not be put; `labels` are those of a type whose
 *   configuration lists none, `own` ones have their own digit as key; `follow` gives the value after another field's
 *   has changed; `needs`: what is accepted together with a suggestion
 */
import { choice } from "./choice.js";
import { rank } from "./rank.js";
import { relation } from "./relation.js";
import { scale } from "./scale.js";
import { span } from "./span.js";
import { text } from "./text.js";

/** @type {Record<string, FieldType>} */
const TYPES = { choice, span, text, scale, rank, relation };

/**
 * @param {FieldConfig} field
 * @returns {FieldType}
 */
export function fieldType(field) {
  const type = TYPES[field.type];
  if (!type) throw new Error(`This page has no widget for fields of the type "${field.type}".`);
  return type;
}

/**
 * The labels of a field with what a person reads.
 * @param {FieldConfig} field
 * @param {string} language
 * @returns {{ name: string, title: string, color?: string, own?: boolean }[]}
 */
export function labelsOf(field, language) {
  return (field.labels ?? []).map((label) => {
    if (typeof label === "string") return { name: label, title: label.replaceAll("_", " ") };
    const chinese = language.toLowerCase().startsWith("zh") ? label.title_zh : "";
    return { name: label.name, title: chinese || label.title || label.name.replaceAll("_", " "), color: label.color };
  });
}
