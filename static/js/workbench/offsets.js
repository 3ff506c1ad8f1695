// @ts-check
/**
 * Positions in a text. The browser counts UTF-16 units, the server counts Unicode code points: "🙂" is two of the
 * first and one of the second. Everything outside this module and the DOM uses code points.
 */

/** @typedef {{ start: number, end: number }} Range */

// One word each, whatever the segmenter says: what stands for removed personal data.
const PLACEHOLDER = /\[[A-Z][A-Z_]*_\d+\]/gu;
// Scripts written without spaces: double click and Shift+arrow take one character.
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Khmer}\p{Script=Lao}\p{Script=Myanmar}]/u;
const SPACE = /^\s$/u;
// Where a sentence ends: a stop of its own, so that a question can be taken with or without its mark.
const CLOSING = /[.?!…;。？！；]+/gu;

/**
 * @param {string} text
 * @param {number} utf16 index in UTF-16 units; one inside a surrogate pair counts as before the pair
 */
export function toCodePoint(text, utf16) {
  let points = 0;
  for (let at = 0; at < utf16 && at < text.length; points += 1) {
    at += /** @type {number} */ (text.codePointAt(at)) > 0xffff ? 2 : 1;
    if (at > utf16) break;
  }
  return points;
}

/**
 * @param {string} text
 * @param {number} point index in code points
 */
export function toUtf16(text, point) {
  let at = 0;
  for (let points = 0; points < point && at < text.length; points += 1) {
    at += /** @type {number} */ (text.codePointAt(at)) > 0xffff ? 2 : 1;
  }
  return at;
}

/** @type {Map<string, Intl.Segmenter>} Making one takes longer than cutting a turn with it. */
const segmenters = new Map();

/** @param {string} language @param {"word" | "grapheme"} granularity */
function segmenter(language, granularity) {
  const name = `${language} ${granularity}`;
  const found = segmenters.get(name) ?? new Intl.Segmenter(language, { granularity });
  segmenters.set(name, found);
  return found;
}

/** One text with its words and characters, all in code points; each is found when it is first asked for. */
export class TextIndex {
  /**
   * @param {string} text
   * @param {string} [language]
   */
  constructor(text, language = "en") {
    this.text = text;
    this.points = Array.from(text);
    this.length = this.points.length;
    this.language = language;
  }

  /** Where a character (grapheme cluster: a letter with its marks, an emoji sequence) begins; and the end. */
  get stops() {
    this.foundStops ??= [...this.#segments("grapheme").map((part) => toCodePoint(this.text, part.index)), this.length];
    return this.foundStops;
  }

  get words() {
    this.foundWords ??= this.#words(this.#segments("word"));
    return this.foundWords;
  }

  /** Words and what closes sentences: where Shift+arrow stops. */
  get units() {
    const closings = [...this.text.matchAll(CLOSING)].map((match) => this.#range(match.index, match[0].length))
      .filter((range) => !this.words.some((word) => word.start < range.end && range.start < word.end));
    return [...this.words, ...closings].sort((a, b) => a.start - b.start);
  }

  /** @param {"word" | "grapheme"} granularity */
  #segments(granularity) {
    return [...segmenter(this.language, granularity).segment(this.text)];
  }

  /**
   * @param {Intl.SegmentData[]} segments
   * @returns {Range[]}
   */
  #words(segments) {
    const fixed = [...this.text.matchAll(PLACEHOLDER)].map((match) => this.#range(match.index, match[0].length));
    const words = [...fixed];
    for (const segment of segments) {
      const range = this.#range(segment.index, segment.segment.length);
      if (!segment.isWordLike || fixed.some((word) => word.start < range.end && range.start < word.end)) continue;
      words.push(...(UNSPACED.test(segment.segment) ? this.#characters(range) : [range]));
    }
    return words.sort((a, b) => a.start - b.start);
  }

  /**
   * @param {number} utf16
   * @param {number} units
   */
  #range(utf16, units) {
    return { start: toCodePoint(this.text, utf16), end: toCodePoint(this.text, utf16 + units) };
  }

  /** @param {Range} range */
  #characters(range) {
    const stops = this.stops.filter((stop) => stop >= range.start && stop <= range.end);
    return stops.slice(0, -1).map((start, index) => ({ start, end: stops[index + 1] }));
  }

  /**
   * @param {number} start
   * @param {number} end
   */
  slice(start, end) {
    return this.points.slice(start, end).join("");
  }

  /** @param {number} utf16 */
  fromUtf16(utf16) {
    return toCodePoint(this.text, utf16);
  }

  /** The range without white space at its ends and without half characters, or null when nothing is left.
   * @param {number} start
   * @param {number} end
   * @returns {Range | null}
   */
  tidy(start, end) {
    let [from, to] = [Math.max(0, Math.min(start, end)), Math.min(this.length, Math.max(start, end))];
    if (from === to) return null;
    from = Math.max(...this.stops.filter((stop) => stop <= from));
    to = Math.min(...this.stops.filter((stop) => stop >= to));
    while (from < to && SPACE.test(this.points[from])) from += 1;
    while (to > from && SPACE.test(this.points[to - 1])) to -= 1;
    return from < to ? { start: from, end: to } : null;
  }

  /** The word at a position, or the single character where there is no word.
   * @param {number} at
   * @returns {Range | null}
   */
  wordAt(at) {
    const word = this.words.find((one) => one.start <= at && at < one.end) ?? this.words.find((one) => one.end === at);
    return word ?? this.tidy(at, Math.min(at + 1, this.length));
  }

  /**
   * Where an end of a selection goes from `at`, forward (1) or back (-1), by a word or a character. The end of a
   * selection stops behind words and sentence marks, its start before words.
   * @param {number} at
   * @param {1 | -1} direction
   * @param {"word" | "character"} unit
   * @param {"start" | "end"} edge
   */
  step(at, direction, unit, edge) {
    const stops = unit === "character" ? this.stops
      : edge === "start" ? [0, ...this.words.map((one) => one.start)]
        : [...this.units.map((one) => one.end), this.length];
    const next = direction === 1 ? stops.find((stop) => stop > at) : stops.findLast((stop) => stop < at);
    return next ?? at;
  }

  /** The word after or before a range: where a bare arrow key moves the selection.
   * @param {Range | null} range
   * @param {1 | -1} direction
   * @returns {Range | null}
   */
  neighbour(range, direction) {
    if (!range) return (direction === 1 ? this.words[0] : this.words.at(-1)) ?? null;
    if (direction === 1) return this.words.find((word) => word.start >= range.end) ?? this.words.at(-1) ?? null;
    return this.words.findLast((word) => word.end <= range.start) ?? this.words[0] ?? null;
  }
}
