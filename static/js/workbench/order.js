// @ts-check
/**
 * The same things in an order of each assignment's own: what stands first is preferred for standing first, and only
 * where everybody sees another order does that cancel out. Drawn from the id, so that a reload changes nothing.
 * @template {{ id: string }} T
 * @param {T[]} things
 * @param {string} seed
 * @returns {T[]}
 */
export function mixed(things, seed) {
  const drawn = new Map(things.map((one) => [one, hash(`${seed}/${one.id}`)]));
  return [...things].sort((a, b) => (drawn.get(a) ?? 0) - (drawn.get(b) ?? 0));
}

/** FNV-1a, and a round of mixing, since ids often differ in their last letter only. @param {string} text */
function hash(text) {
  let value = 0x811c9dc5;
  for (const char of text) value = Math.imul(value ^ /** @type {number} */ (char.codePointAt(0)), 0x01000193);
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  value = Math.imul(value ^ (value >>> 12), 0x297a2d39);
  return (value ^ (value >>> 15)) >>> 0;
}
