// @ts-check
/**
 * The page's words. Every visible string is written in a template by gettext, inside an inert
 * <template> whose children carry data-key; scripts only look them up.
 * @param {string} templateId
 * @returns {(key: string, values?: Record<string, string | number>) => string}
 */
export function readStrings(templateId) {
  const source = /** @type {HTMLTemplateElement | null} */ (document.getElementById(templateId));
  /** @type {Map<string, string>} */
  const words = new Map();
  for (const node of source?.content.querySelectorAll("[data-key]") ?? []) {
    words.set(/** @type {HTMLElement} */ (node).dataset.key ?? "", node.textContent?.trim() ?? "");
  }
  return (key, values = {}) =>
    (words.get(key) ?? key).replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}
