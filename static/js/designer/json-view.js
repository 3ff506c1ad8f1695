// @ts-check
import { complete } from "./completion.js";

/** The place in a JavaScript string of a code point's number. @param {string} text @param {number} point */
export function toUtf16(text, point) {
  let at = 0;
  for (let n = 0; n < point && at < text.length; n += 1) at += /** @type {number} */ (text.codePointAt(at)) > 0xffff ? 2 : 1;
  return at;
}

/**
 * The text of a schema with line numbers, marks under what is wrong, and completion. Fires "edit" after each change
 * by a person.
 *
 * @typedef {{ start: number, end: number, line: number, column: number, detail: string, pointer: string }} Marked
 */
export class JsonView extends EventTarget {
  /**
   * @param {(name: string) => HTMLElement} piece
   * @param {HTMLTextAreaElement} area
   * @param {import("./completion.js").Known} known
   * @param {import("../workbench/types.js").Words} words
   */
  constructor(piece, area, known, words) {
    super();
    this.area = area;
    this.lines = piece("lines");
    this.marks = piece("marks");
    this.box = piece("options");
    this.known = known;
    this.t = words;
    /** @type {string[]} */
    this.speakers = [];
    /** @type {Marked[]} */
    this.problems = [];
    /** @type {import("./completion.js").Completion} */
    this.found = { from: 0, to: 0, options: [] };
    this.chosen = 0;
    area.setAttribute("aria-autocomplete", "list");
    area.setAttribute("aria-controls", this.box.id);
    area.addEventListener("input", (event) => this.#typed(/** @type {InputEvent} */ (event)));
    area.addEventListener("scroll", () => this.#follow());
    area.addEventListener("keydown", (event) => this.#key(event));
    area.addEventListener("blur", () => this.close());
    area.addEventListener("click", () => this.close());
    this.draw();
  }

  get text() {
    return this.area.value;
  }

  set text(text) {
    if (text === this.area.value) return;
    this.area.value = text;
    this.problems = [];
    this.draw();
  }

  /** @param {Marked[]} problems */
  mark(problems) {
    this.problems = problems;
    this.area.setAttribute("aria-invalid", String(problems.length > 0));
    this.draw();
  }

  /** @param {Marked} problem */
  goTo(problem) {
    const start = toUtf16(this.text, problem.start);
    this.area.focus();
    this.area.setSelectionRange(start, toUtf16(this.text, problem.end));
    const height = parseFloat(getComputedStyle(this.area).lineHeight) || 20;
    this.area.scrollTop = Math.max(0, (problem.line - 4) * height);
    this.#follow();
  }

  draw() {
    const count = this.text.split("\n").length;
    const wrong = new Set(this.problems.map((one) => one.line));
    this.lines.replaceChildren(...Array.from({ length: count }, (_, n) => {
      const line = document.createElement("span");
      line.textContent = String(n + 1);
      line.classList.toggle("bad", wrong.has(n + 1));
      return line;
    }));
    let at = 0;
    const parts = [];
    for (const { start, end } of [...this.problems].sort((a, b) => a.start - b.start)) {
      const from = toUtf16(this.text, start);
      const to = Math.max(toUtf16(this.text, end), from + 1);
      if (from < at) continue;
      const mark = document.createElement("mark");
      mark.textContent = this.text.slice(from, to).trim() ? this.text.slice(from, to) : " ";
      parts.push(this.text.slice(at, from), mark);
      at = to;
    }
    this.marks.replaceChildren(...parts, `${this.text.slice(at)}\n`);
    this.#follow();
  }

  #follow() {
    this.marks.scrollTop = this.lines.scrollTop = this.area.scrollTop;
    this.marks.scrollLeft = this.area.scrollLeft;
  }

  /** @param {InputEvent} event */
  #typed(event) {
    this.problems = [];
    this.draw();
    this.dispatchEvent(new Event("edit"));
    const letter = event.data ?? "";
    if (event.inputType === "insertText" && /["\w]/.test(letter)) this.suggest();
    else this.close();
  }

  // -- completion ------------------------------------------------------------------------------------------

  suggest() {
    this.found = complete(this.text, this.area.selectionStart, this.known, this.speakers);
    this.chosen = 0;
    if (!this.found.options.length) return this.close();
    this.box.replaceChildren(...this.found.options.map((option, n) => this.#option(option, n)));
    this.box.hidden = false;
    this.#place();
    this.#choose(0);
  }

  /** @param {import("./completion.js").Option} option @param {number} n */
  #option({ text, note }, n) {
    const row = document.createElement("div");
    row.setAttribute("role", "option");
    row.id = `${this.box.id}-${n}`;
    const word = document.createElement("span");
    word.className = "mono";
    word.textContent = text;
    const about = document.createElement("span");
    about.className = "tiny";
    about.textContent = note;
    row.append(word, about);
    row.addEventListener("mousedown", (event) => {
      event.preventDefault();
      this.chosen = n;
      this.#take();
    });
    return row;
  }

  /** Below the caret: where a mark would be if one stood there. */
  #place() {
    const range = document.createRange();
    const walk = document.createTreeWalker(this.marks, NodeFilter.SHOW_TEXT);
    let left = this.found.from;
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const length = node.textContent?.length ?? 0;
      if (left <= length) {
        range.setStart(node, left);
        break;
      }
      left -= length;
    }
    const at = range.getBoundingClientRect();
    const frame = /** @type {HTMLElement} */ (this.box.parentElement).getBoundingClientRect();
    const x = Math.min(Math.max(0, at.left - frame.left), Math.max(0, frame.width - this.box.offsetWidth - 8));
    this.box.style.setProperty("left", `${x}px`);
    this.box.style.setProperty("top", `${at.bottom - frame.top + 4}px`);
  }

  /** @param {number} n */
  #choose(n) {
    const rows = [...this.box.children];
    this.chosen = (n + rows.length) % rows.length;
    rows.forEach((row, at) => row.setAttribute("aria-selected", String(at === this.chosen)));
    rows[this.chosen].scrollIntoView({ block: "nearest" });
    this.area.setAttribute("aria-activedescendant", rows[this.chosen].id);
  }

  close() {
    this.box.hidden = true;
    this.box.replaceChildren();
    this.area.removeAttribute("aria-activedescendant");
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === " " && event.ctrlKey) {
      event.preventDefault();
      this.suggest();
      return;
    }
    if (this.box.hidden || event.isComposing) return;
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowDown: () => this.#choose(this.chosen + 1),
      ArrowUp: () => this.#choose(this.chosen - 1),
      Enter: () => this.#take(),
      Tab: () => this.#take(),
      Escape: () => this.close(),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  }

  #take() {
    const { from, to, options } = this.found;
    const { insert } = options[this.chosen];
    this.area.focus();
    this.area.setSelectionRange(from, to);
    // Keeps the browser's own undo, which setRangeText would lose.
    if (!document.execCommand("insertText", false, insert)) this.area.setRangeText(insert, from, to, "end");
    const empty = insert.indexOf('""');
    if (empty >= 0) this.area.setSelectionRange(from + empty + 1, from + empty + 1);
    this.close();
    this.draw();
    this.dispatchEvent(new Event("edit"));
  }
}
