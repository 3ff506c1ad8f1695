// @ts-check
/**
 * What may stand at a place in a schema's JSON. Pure: text and caret in, options out; the text may be broken.
 *
 * @typedef {{ types: { type: string, title: string, keys: string[], scopes: string[] }[] }} Known
 * @typedef {{ text: string, note: string, insert: string }} Option
 * @typedef {{ from: number, to: number, options: Option[] }} Completion  offsets are UTF-16, as the caret's
 * @typedef {{ kind: "{" | "[", key: string, keys: string[], expects: "key" | "value", start: number }} Level
 */

const FLAGS = ["required", "multi", "overlapping", "shuffle", "directed"];
const LABEL_KEYS = ["name", "title", "title_zh", "color"];
const COLOURS = ["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"];

/**
 * The open brackets before `end`, and the beginning of the word or text that the caret is in.
 * @param {string} text @param {number} end
 */
function scan(text, end) {
  /** @type {Level[]} */
  const levels = [];
  let token = -1;
  let quoted = false;
  for (let at = 0; at < end; at += 1) {
    const sign = text[at];
    if (sign === '"') {
      const close = closing(text, at, end);
      token = at;
      quoted = close < 0;
      if (close < 0) return { levels, token, quoted };
      take(levels.at(-1), text.slice(at + 1, close));
      at = close;
      token = -1;
    } else if ("{[".includes(sign)) {
      levels.push({ kind: /** @type {"{" | "["} */ (sign), key: "", keys: [], expects: sign === "{" ? "key" : "value", start: at });
      token = -1;
    } else if ("}]".includes(sign)) {
      levels.pop();
      token = -1;
    } else if (sign === "," || sign === ":") {
      const level = levels.at(-1);
      if (level?.kind === "{") level.expects = sign === ":" ? "value" : "key";
      token = -1;
    } else if (/[\w-]/.test(sign)) {
      if (token < 0) token = at;
    } else token = -1;
  }
  return { levels, token, quoted };
}

/** @param {string} text @param {number} from @param {number} end */
function closing(text, from, end) {
  for (let at = from + 1; at < end; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === '"') return at;
    else if (text[at] === "\n") return -1;
  }
  return -1;
}

/** @param {Level | undefined} level @param {string} word a whole text that was read */
function take(level, word) {
  if (level?.kind !== "{" || level.expects !== "key") return;
  level.key = word;
  level.keys.push(word);
}

/** The whole object that begins at `start`, as far as it can be made out. @param {string} text @param {number} start */
function objectAt(text, start) {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === '"') {
      const close = closing(text, at, text.length);
      if (close < 0) break;
      at = close;
    } else if ("{[".includes(text[at])) depth += 1;
    else if ("}]".includes(text[at]) && --depth === 0) return text.slice(start, at + 1);
  }
  return text.slice(start);
}

/** @param {string} text @param {string} key */
const valueOf = (text, key) => new RegExp(`"${key}"\\s*:\\s*"([^"\\n]*)"`).exec(text)?.[1] ?? "";

/** Names of span fields, and the labels of each. @param {string} text */
export function spanFields(text) {
  /** @type {Map<string, string[]>} */
  const found = new Map();
  for (const match of text.matchAll(/"type"\s*:\s*"span"/g)) {
    const own = objectAt(text, opening(text, match.index ?? 0));
    found.set(valueOf(own, "name"), labelsIn(own));
  }
  return found;
}

/** The `{` that the place `at` stands in. @param {string} text @param {number} at */
const opening = (text, at) => scan(text, at).levels.at(-1)?.start ?? 0;

/** @param {string} field the text of one field */
function labelsIn(field) {
  const list = /"labels"\s*:\s*(\[[\s\S]*)/.exec(field)?.[1] ?? "";
  const own = objectAt(list, 0);
  const plain = own.replace(/\{[^{}]*\}/g, (one) => `"${valueOf(one, "name")}"`);
  return [...plain.matchAll(/"([^"\n]+)"/g)].map((one) => one[1]);
}

/**
 * @param {string} text
 * @param {number} caret
 * @param {Known} known
 * @param {string[]} speakers of the sample
 * @returns {Completion}
 */
export function complete(text, caret, known, speakers = []) {
  const { levels, token, quoted } = scan(text, caret);
  const from = token < 0 ? caret : token;
  const typed = text.slice(from + (quoted ? 1 : 0), caret).toLowerCase();
  const to = quoted && text[caret] === '"' ? caret + 1 : caret;
  const options = at(text, levels, known, speakers, to)
    .filter((one) => one.text.toLowerCase().startsWith(typed) && one.text.toLowerCase() !== typed);
  return { from, to, options: quoted ? options.filter((one) => one.insert.startsWith('"')) : options };
}

/** @param {string} text @param {Level[]} levels @param {Known} known @param {string[]} speakers @param {number} end @returns {Option[]} */
function at(text, levels, known, speakers, end) {
  const level = levels.at(-1);
  const field = levels.find((one) => one.kind === "{");
  if (!level || !field) return level ? starts(known) : [];
  const own = objectAt(text, field.start);
  const type = known.types.find((one) => one.type === valueOf(own, "type"));
  const inLabels = field.key === "labels" && level !== field;
  if (level.kind === "{" && level.expects === "key") return keys(level, inLabels, type, known, text, end);
  if (level.kind === "{" && inLabels) return level.key === "color" ? COLOURS.map(quote) : [];
  if (level === field) return values(text, field.key, type, known);
  return inList(text, own, field.key, speakers);
}

/** @param {Known} known */
const starts = (known) => known.types.map(({ type, title }) => ({ text: type, note: title, insert: `{"name": "", "type": "${type}"}` }));

/** @param {string} word */
const quote = (word) => ({ text: word, note: "", insert: `"${word}"` });

/** @param {Level} level @param {boolean} inLabels @param {Known["types"][number] | undefined} type @param {Known} known @param {string} text @param {number} end */
function keys(level, inLabels, type, known, text, end) {
  const all = inLabels ? LABEL_KEYS : type?.keys ?? [...new Set(known.types.flatMap((one) => one.keys))].sort();
  const used = [...objectAt(text, level.start).matchAll(/"([a-z_]+)"\s*:/g)].map((one) => one[1]);
  const colon = /^\s*:/.test(text.slice(end)) ? "" : ": ";
  return all.filter((key) => !level.keys.includes(key) && !used.includes(key))
    .map((key) => ({ text: key, note: "", insert: `"${key}"${colon}` }));
}

/** @param {string} text @param {string} key @param {Known["types"][number] | undefined} type @param {Known} known @returns {Option[]} */
function values(text, key, type, known) {
  if (key === "type") return known.types.map((one) => ({ text: one.type, note: one.title, insert: `"${one.type}"` }));
  if (key === "scope") return (type?.scopes ?? []).map(quote);
  if (FLAGS.includes(key)) return ["true", "false"].map((one) => ({ text: one, note: "", insert: one }));
  if (key === "from" || key === "to") return [...spanFields(text).keys()].filter(Boolean).map(quote);
  return [];
}

/** @param {string} text @param {string} own the field @param {string} key @param {string[]} speakers */
function inList(text, own, key, speakers) {
  if (key === "speakers") return speakers.map(quote);
  if (key !== "from_labels" && key !== "to_labels") return [];
  const source = valueOf(own, key === "from_labels" ? "from" : "to") || valueOf(own, "from");
  return (spanFields(text).get(source) ?? []).map(quote);
}
