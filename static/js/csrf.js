// @ts-check
/**
 * The token for unsafe requests. The cookie comes first: after signing in again in another tab it is
 * newer than the one this page was rendered with.
 * @returns {string}
 */
export function csrfToken() {
  const cookie = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
  if (cookie) return decodeURIComponent(cookie.slice("csrftoken=".length));
  return document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
}
