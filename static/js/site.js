// @ts-check
/** What every page needs: theme, menus, dialogs, dismissals, local times, charts when there are any. */
import { csrfToken } from "./csrf.js";
import "./requests.js";
import "./keys-sheet.js";
import { readStrings } from "./strings.js";
import { toast } from "./toast.js";

const words = readStrings("site-strings");
const YEAR = 365 * 24 * 3600;

function switchTheme() {
  const root = document.documentElement;
  const dark = getComputedStyle(root).colorScheme.includes("dark")
    && (root.dataset.theme === "dark" || matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.theme = dark ? "light" : "dark";
  // A cookie, not local storage: the server writes the attribute, so the page never flashes in the wrong colours.
  document.cookie = `theme=${root.dataset.theme}; path=/; max-age=${YEAR}; SameSite=Lax`;
  document.dispatchEvent(new CustomEvent("themechange"));
}

/** @param {HTMLElement} button */
function toggle(button) {
  const target = document.getElementById(button.dataset.toggle ?? "");
  const open = !target?.hasAttribute("data-open");
  target?.toggleAttribute("data-open", open);
  button.setAttribute("aria-expanded", String(open));
}

/** @param {HTMLElement} button */
async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy ?? "");
  toast(words("copied"));
}

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const find = (/** @type {string} */ selector) => /** @type {HTMLElement | null} */ (target.closest(selector));
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(target)) menu.removeAttribute("open");
  }
  if (find("[data-theme-switch]")) switchTheme();
  const toggler = find("[data-toggle]");
  if (toggler) toggle(toggler);
  find("[data-dismiss]")?.closest(".alert")?.remove();
  const opener = find("[data-dialog]");
  if (opener) /** @type {HTMLDialogElement | null} */ (document.getElementById(opener.dataset.dialog ?? ""))?.showModal();
  const copier = find("[data-copy]");
  if (copier) void copy(copier);
  if (target instanceof HTMLDialogElement) target.close();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details[data-menu][open]")) menu.removeAttribute("open");
});

// A form that asks before it sends, without htmx.
document.addEventListener("submit", (event) => {
  const button = /** @type {SubmitEvent} */ (event).submitter;
  const question = button?.dataset.confirm;
  if (question && !button?.hasAttribute("hx-post") && !confirm(question)) event.preventDefault();
});

/** @param {ParentNode} root */
function dress(root) {
  const language = document.documentElement.lang || "en";
  const timeZone = document.documentElement.dataset.zone || undefined;
  for (const node of root.querySelectorAll("time[datetime][data-local]")) {
    const at = new Date(node.getAttribute("datetime") ?? "");
    node.textContent = at.toLocaleString(language, { dateStyle: "medium", timeStyle: "short", timeZone });
  }
  // On phones the tabs of a page are wider than the screen.
  const tab = /** @type {HTMLElement | null} */ (root.querySelector(".tabs [aria-current]"));
  tab?.parentElement?.scrollTo({ left: tab.offsetLeft - tab.parentElement.clientWidth / 2 });
  if (root.querySelector("[data-chart]")) {
    import("./chart.js").then((module) => module.drawCharts(root, words("chart_failed")));
  }
}

/** On the first visit the browser says where its reader is; from then on the account knows. */
function tellZone() {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const { zone, zoneUrl } = document.documentElement.dataset;
  if (zone !== "" || !zoneUrl || !timeZone) return;
  const body = new URLSearchParams({ time_zone: timeZone });
  void fetch(zoneUrl, { method: "POST", body, headers: { "X-CSRFToken": csrfToken() } }).catch(() => {});
}

document.addEventListener("htmx:load", (event) => dress(/** @type {ParentNode} */ (event.target)));
tellZone();
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => dress(document));
else dress(document);
