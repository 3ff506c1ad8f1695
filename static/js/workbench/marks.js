// @ts-check
/**
 * How marked stretches of one text are drawn: cut into segments on which the same marks lie, each mark on a level of
 * its own where it overlaps others, so that underlines stack.
 *
 * @typedef {{ start: number, end: number }} Stretch
 */

/**
 * @template {Stretch} T
 * @typedef {{ mark: T, level: number, first: boolean, last: boolean }} Layer
 */

/**
 * @template {Stretch} T
 * @param {number} length code points of the text
 * @param {T[]} marks
 * @returns {{ start: number, end: number, layers: Layer<T>[] }[]}
 */
export function layoutMarks(length, marks) {
  const levels = stack(marks);
  const cuts = [...new Set([0, length, ...marks.flatMap((mark) => [mark.start, mark.end])])].sort((a, b) => a - b);
  return cuts.slice(0, -1).map((start, index) => {
    const end = cuts[index + 1];
    const layers = marks
      .filter((mark) => mark.start <= start && end <= mark.end)
      .map((mark) => ({ mark, level: levels.get(mark) ?? 0, first: mark.start === start, last: mark.end === end }))
      .sort((a, b) => a.level - b.level);
    return { start, end, layers };
  });
}

/**
 * Longer marks lie further out; each takes the lowest level that is free along its whole length.
 * @template {Stretch} T
 * @param {T[]} marks
 * @returns {Map<T, number>}
 */
function stack(marks) {
  /** @type {T[][]} */
  const rows = [];
  const levels = new Map();
  for (const mark of [...marks].sort((a, b) => a.end - a.start - (b.end - b.start) || a.start - b.start)) {
    let level = rows.findIndex((row) => row.every((other) => other.end <= mark.start || mark.end <= other.start));
    if (level === -1) level = rows.push([]) - 1;
    rows[level].push(mark);
    levels.set(mark, level);
  }
  return levels;
}
