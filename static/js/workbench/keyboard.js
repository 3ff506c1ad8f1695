// @ts-check
/**
 * What a key press means on the workbench. Pure: gives the action, does nothing.
 *
 * @typedef {{ name: string, key?: string, direction?: 1 | -1, unit?: "word" | "character" }} Action
 */

/** @type {Record<string, Action>} */
const PLAIN = {
  j: { name: "turn", direction: 1 },
  k: { name: "turn", direction: -1 },
  ArrowDown: { name: "turn", direction: 1 },
  ArrowUp: { name: "turn", direction: -1 },
  ArrowRight: { name: "word", direction: 1 },
  ArrowLeft: { name: "word", direction: -1 },
  "]": { name: "mark", direction: 1 },
  "[": { name: "mark", direction: -1 },
  o: { name: "swap" },
  u: { name: "undo" },
  r: { name: "redo" },
  s: { name: "skip" },
  f: { name: "flag" },
  a: { name: "accept" },
  l: { name: "link" },
  x: { name: "remove" },
  Delete: { name: "remove" },
  Backspace: { name: "remove" },
  "/": { name: "search" },
  "?": { name: "help" },
  Enter: { name: "submit" },
  Escape: { name: "clear" },
};

const CODES = /** @type {const} */ ({ Slash: "/", BracketLeft: "[", BracketRight: "]" });

/**
 * With a Chinese input method switched on, `key` is "Process" outside text fields as well; the key's place tells.
 * @param {KeyboardEvent} event
 */
function keyOf({ key, code, shiftKey }) {
  if (key !== "Process" && key !== "Unidentified") return key.length === 1 ? key.toLowerCase() : key;
  if (/^(Digit|Numpad)\d$/.test(code)) return code.slice(-1);
  if (/^Key[A-Z]$/.test(code)) return code.slice(-1).toLowerCase();
  if (code === "Slash" && shiftKey) return "?";
  return CODES[/** @type {keyof typeof CODES} */ (code)] ?? key;
}

/** @param {EventTarget | null} target */
function kindOf(target) {
  if (!(target instanceof Element)) return "page";
  if (target.closest("dialog[open], details[data-menu][open]")) return "dialog";
  if (target.closest("textarea, select, [contenteditable], input:not([type='checkbox'], [type='radio'])")) return "typing";
  if (target.closest("[data-option]")) return "option";
  return target.closest("button, a[href], summary, input") ? "control" : "page";
}

/**
 * @param {KeyboardEvent} event
 * @returns {Action | null}
 */
export function actionFor(event) {
  const kind = kindOf(event.target);
  const command = event.ctrlKey || event.metaKey;
  if (kind === "dialog" || (event.isComposing && kind === "typing")) return null;
  if (command && event.key === "Enter") return { name: "submit" };
  if (kind === "typing") return event.key === "Escape" ? { name: "leave" } : null;
  const key = keyOf(event);
  if (command) return key === "z" && !event.altKey ? { name: event.shiftKey ? "redo" : "undo" } : null;
  if (event.shiftKey && (key === "ArrowRight" || key === "ArrowLeft")) {
    return { name: "extend", direction: key === "ArrowRight" ? 1 : -1, unit: event.altKey ? "character" : "word" };
  }
  if (event.altKey) return null;
  if (/^[1-9]$/.test(key)) return { name: "label", key };
  if ((kind === "control" && key === "Enter") || event.repeat && key === "Enter") return null;
  return PLAIN[key] ?? null;
}
