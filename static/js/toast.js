// @ts-check
/**
 * @typedef {{ label: string, run?: () => void, href?: string }} ToastAction
 * @typedef {{ tone?: "" | "bad", action?: ToastAction, seconds?: number, key?: string }} ToastOptions
 */

/**
 * Show one short message. A message with the same key replaces the earlier one; bad news stays until
 * it is replaced or clicked away.
 * @param {string} text
 * @param {ToastOptions} [options]
 */
export function toast(text, { tone = "", action, seconds, key = "" } = {}) {
  const region = document.getElementById("toasts");
  if (!region) return;
  if (key) dismissToast(key);
  const box = document.createElement("div");
  box.className = `toast ${tone}`;
  box.dataset.toast = key;
  const words = document.createElement("span");
  words.textContent = text;
  box.append(words);
  if (action) box.append(actionControl(action, box));
  box.addEventListener("click", () => box.remove());
  region.append(box);
  const stay = seconds ?? (tone === "bad" ? 0 : 4);
  if (stay) setTimeout(() => box.remove(), stay * 1000);
}

/**
 * What the server replaced in something that was just typed, if anything.
 * @param {string | null} words of the header Privacy-Replaced-Words
 */
export function tellReplaced(words) {
  if (words) toast(decodeURIComponent(words), { key: "replaced", seconds: 12 });
}

/** @param {string} key */
export function dismissToast(key) {
  for (const box of document.querySelectorAll(`[data-toast="${CSS.escape(key)}"]`)) box.remove();
}

/**
 * @param {ToastAction} action
 * @param {HTMLElement} box
 */
function actionControl(action, box) {
  const control = document.createElement(action.href ? "a" : "button");
  control.textContent = action.label;
  if (action.href) control.setAttribute("href", action.href);
  control.addEventListener("click", (event) => {
    event.stopPropagation();
    box.remove();
    action.run?.();
  });
  return control;
}
