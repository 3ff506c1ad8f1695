// @ts-check
/**
 * What a page does while it waits for an htmx request, and when one fails: it says so, keeps everything
 * that is there, and offers to try again. Parts that refresh themselves go on trying, and say that they are old.
 */
import { csrfToken } from "./csrf.js";
import { readStrings } from "./strings.js";
import { dismissToast, tellReplaced, toast } from "./toast.js";

const words = readStrings("site-strings");

/** @typedef {{ elt: HTMLElement, target: HTMLElement, xhr: XMLHttpRequest, successful?: boolean, requestConfig: any }} Asked */

/** @param {Event} event */
const asked = (event) => /** @type {Asked} */ (/** @type {CustomEvent} */ (event).detail);

/** @param {HTMLElement} part */
const refreshesItself = (part) => (part.getAttribute("hx-trigger") ?? "").startsWith("every");

/** @param {HTMLElement} part */
const fetchesItself = (part) => part.getAttribute("hx-trigger") === "load";

/**
 * The same request once more, with what the form holds by now.
 * @param {HTMLElement} part
 * @param {any} [config] how it was asked for
 */
function ask(part, config) {
  const button = config?.triggeringEvent?.submitter;
  const values = button?.name ? { [button.name]: button.value } : {};
  const path = config?.path ?? part.getAttribute("hx-get");
  void /** @type {any} */ (window).htmx.ajax(config?.verb ?? "get", path, { source: part, values });
}

/**
 * A notice out of a template of the page, with its button.
 * @param {string} name
 * @param {() => void} retry
 */
function notice(name, retry) {
  const source = /** @type {HTMLTemplateElement} */ (document.getElementById(name));
  const box = document.createElement("div");
  box.append(source.content.cloneNode(true));
  box.querySelector("button")?.addEventListener("click", retry);
  return box;
}

/** @param {HTMLElement} part */
function sayOld(part) {
  if (document.querySelector(`[data-old="${part.id}"]`)) return;
  const box = notice("part-is-old", () => ask(document.getElementById(part.id) ?? part));
  box.dataset.old = part.id;
  part.before(box);
}

/** @param {HTMLElement} part */
function sayMissing(part) {
  const waiting = [...part.childNodes];
  const retry = () => {
    part.replaceChildren(...waiting);
    ask(part);
  };
  part.replaceChildren(notice("part-is-missing", retry));
}

/**
 * What the server gave as its reason, else what stands in the page for such cases.
 * @param {XMLHttpRequest} xhr
 */
function reasonOf(xhr) {
  if (!xhr.status) return words("offline");
  if (xhr.status >= 500) return words("failed");
  const said = new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector(".alert > div");
  return said?.textContent?.trim() || words("failed");
}

function sayRefused(/** @type {Asked} */ request) {
  const { xhr, elt, requestConfig } = request;
  // What the server refuses for a reason is refused again; what is broken or out of reach may come right.
  const again = !xhr.status || xhr.status >= 500;
  const action = again && elt.isConnected ? { label: words("try_again"), run: () => ask(elt, requestConfig) } : undefined;
  toast(reasonOf(xhr), { tone: "bad", key: "htmx", action });
}

function saySignedOut() {
  const here = encodeURIComponent(location.pathname + location.search);
  const action = { label: words("sign_in"), href: `${signInPath()}?next=${here}` };
  toast(words("signed_out"), { tone: "bad", key: "htmx", action });
}

const signInPath = () => document.getElementById("site-strings")?.dataset.signIn ?? "/";

/** @param {Event} event */
function fail(event) {
  const request = asked(event);
  if (request.xhr.status === 401) saySignedOut();
  else if (refreshesItself(request.elt)) sayOld(request.elt);
  else if (fetchesItself(request.elt)) sayMissing(request.elt);
  else sayRefused(request);
}

document.addEventListener("htmx:configRequest", (event) => {
  /** @type {any} */ (asked(event)).headers["X-CSRFToken"] = csrfToken();
});
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, target } = asked(event);
  if (!refreshesItself(elt)) target.setAttribute("aria-busy", "true");
});
document.addEventListener("htmx:beforeSwap", (event) => {
  // A session that has ended: the answer is the sign-in page, which belongs into no part of this one.
  const { xhr } = asked(event);
  if (!xhr.responseURL || new URL(xhr.responseURL).pathname !== signInPath()) return;
  /** @type {any} */ (asked(event)).shouldSwap = false;
  saySignedOut();
});
document.addEventListener("htmx:afterRequest", (event) => {
  const { target, xhr, successful, requestConfig } = asked(event);
  // The event's own element is another one when the part itself was replaced.
  const elt = /** @type {HTMLElement} */ (requestConfig.elt);
  target.removeAttribute("aria-busy");
  if (successful) {
    document.querySelector(`[data-old="${CSS.escape(elt.id)}"]`)?.remove();
    if (!refreshesItself(elt)) dismissToast("htmx");
  }
  tellReplaced(xhr.getResponseHeader("Privacy-Replaced-Words"));
});
document.addEventListener("htmx:sendError", fail);
document.addEventListener("htmx:timeout", fail);
document.addEventListener("htmx:responseError", fail);
