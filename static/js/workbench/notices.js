// @ts-check
import { dismissToast, toast } from "../toast.js";

/**
 * What the page says about saving and sending: toasts, and the banner over the fields when the item itself needs
 * a decision (time ran out, refused, signed out, offline).
 */
export class Notices {
  /**
   * @param {(name: string) => HTMLElement} piece
   * @param {import("./types.js").Words} words
   * @param {string} login
   */
  constructor(piece, words, login) {
    this.piece = piece;
    this.t = words;
    this.login = login;
  }

  /** @param {string} text */
  hint(text) {
    toast(text, { key: "hint", seconds: 3 });
  }

  /** @param {string} text for screen readers only */
  say(text) {
    this.piece("live").textContent = text;
  }

  /** @param {boolean} kept */
  draft(kept) {
    const time = new Date().toLocaleTimeString(document.documentElement.lang);
    this.piece("saved").textContent = kept ? this.t("draft_saved", { time }) : this.t("draft_not_saved");
  }

  /** @param {number} undoSeconds @param {() => void} undo */
  submitted(undoSeconds, undo) {
    if (!undoSeconds) return;
    toast(this.t("submitted"), { key: "submit", seconds: undoSeconds, action: { label: this.t("undo"), run: undo } });
  }

  saved() {
    dismissToast("retry");
    dismissToast("submit");
    toast(this.t("saved"), { key: "saved", seconds: 2 });
  }

  /** @param {number} seconds */
  retrying(seconds) {
    toast(this.t("retrying", { seconds: Math.ceil(seconds) }), { key: "retry", tone: "bad", seconds: 0 });
  }

  /** @param {string} words of the server */
  refused(words) {
    dismissToast("retry");
    toast(this.t("refused", { words }), { key: "refused", tone: "bad", seconds: 8 });
  }

  signedOut() {
    const here = encodeURIComponent(location.pathname + location.search);
    const action = { label: this.t("sign_in"), href: `${this.login}?next=${here}` };
    dismissToast("retry");
    toast(this.t("signed_out"), { key: "signedout", tone: "bad", action });
  }

  /**
   * @param {string} text
   * @param {{ label: string, run: () => void, primary?: boolean }[]} actions
   */
  banner(text, actions) {
    const banner = this.piece("banner");
    const words = document.createElement("p");
    words.textContent = text;
    const row = document.createElement("div");
    row.className = "row";
    row.append(...actions.map(({ label, run, primary }) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = `btn ${primary ? "primary" : ""} small`;
      button.textContent = label;
      button.addEventListener("click", run);
      return button;
    }));
    banner.replaceChildren(words, row);
    banner.hidden = false;
  }

  clear() {
    this.piece("banner").hidden = true;
  }

  /**
   * The problems of a refused answer, each at its field.
   * @param {import("./types.js").Problem[]} problems
   * @param {ParentNode} panel
   * @returns {string[]} those that belong to no field
   */
  atFields(problems, panel) {
    for (const box of panel.querySelectorAll(".bench-problems")) box.replaceChildren();
    return problems.flatMap(({ pointer, detail }) => {
      const name = decodePointer(pointer.split("/")[2] ?? "");
      const box = name && panel.querySelector(`[data-field="${CSS.escape(name)}"] .bench-problems`);
      if (!box) return [detail];
      const line = document.createElement("p");
      line.textContent = detail;
      line.dataset.pointer = pointer;
      box.append(line);
      return [];
    });
  }
}

/** @param {string} part of a JSON pointer */
const decodePointer = (part) => part.replaceAll("~1", "/").replaceAll("~0", "~");
