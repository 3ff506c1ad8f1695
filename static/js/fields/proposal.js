// @ts-check
/**
 * A suggested value comes bare, or as {value, confidence}.
 * @param {any} raw
 * @returns {{ value: any, confidence: number | undefined }}
 */
export function unwrap(raw) {
  const wrapped = raw !== null && typeof raw === "object" && !Array.isArray(raw) && "value" in raw;
  return wrapped ? { value: raw.value, confidence: raw.confidence } : { value: raw, confidence: undefined };
}

/**
 * @param {number | undefined} confidence
 * @returns {string} "" where there is none
 */
export function percent(confidence) {
  return confidence === undefined ? "" : `${Math.round(confidence * 100)} %`;
}
