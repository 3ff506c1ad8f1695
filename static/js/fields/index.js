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
 *   proposals: (field: FieldConfig, raw: any) => Suggestion[],
 *   apply: (field: FieldConfig, value: any, suggestion: Suggestion) => any,
 *   gap: (field: FieldConfig, value: any, bench: Bench) => Gap | null,
 *   view: (field: FieldConfig, bench: Bench) => FieldView,
 * }} FieldType  `apply` gives the new value, or null where it may not be put
 */
import { choice } from "./choice.js";
import { span } from "./span.js";
import { text } from "./text.js";

/** @type {Record<string, FieldType>} */
const TYPES = { choice, span, text };

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
 * @returns {{ name: string, title: string, color?: string }[]}
 */
export function labelsOf(field, language) {
  return (field.labels ?? []).map((label) => {
    if (typeof label === "string") return { name: label, title: label.replaceAll("_", " ") };
    const chinese = language.toLowerCase().startsWith("zh") ? label.title_zh : "";
    return { name: label.name, title: chinese || label.title || label.name.replaceAll("_", " "), color: label.color };
  });
}
