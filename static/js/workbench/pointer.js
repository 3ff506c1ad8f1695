// @ts-check
const LONG_PRESS_MS = 480;
const STILL_PX = 10;

/**
 * Mouse, pen and touch on the dialogue: drag selects, double click takes a word, triple click the turn, a click picks
 * a mark, handles resize; on touch a long press takes a word and the system's own selection is followed.
 */
export class Pointer {
  /** @param {import("./dialogue.js").Dialogue} dialogue */
  constructor(dialogue) {
    this.dialogue = dialogue;
    this.bench = dialogue.bench;
    /** @type {"start" | "end" | ""} */
    this.dragging = "";
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.press = undefined;
    this.from = { x: 0, y: 0 };
    const pane = dialogue.pane;
    pane.addEventListener("pointerdown", (event) => this.#down(event));
    // Pointer events carry no click count, and only the system knows how quick a double click is.
    pane.addEventListener("mousedown", (event) => (this.clicks = event.detail));
    document.addEventListener("pointermove", (event) => this.#move(event));
    document.addEventListener("pointerup", (event) => this.#up(event));
    document.addEventListener("pointercancel", () => this.#cancel());
    document.addEventListener("selectionchange", () => this.#followNative());
    document.addEventListener("copy", (event) => this.#copy(event));
  }

  /** @param {PointerEvent} event */
  #down(event) {
    const handle = /** @type {HTMLElement} */ (event.target).dataset?.handle;
    this.dialogue.touching = event.pointerType === "touch";
    if (handle === "start" || handle === "end") {
      this.dragging = handle;
      document.documentElement.classList.add("dragging-handle");
      event.preventDefault();
      return;
    }
    this.inside = true;
    this.from = { x: event.clientX, y: event.clientY };
    if (this.dialogue.touching) this.press = setTimeout(() => this.#longPress(), LONG_PRESS_MS);
  }

  #longPress() {
    this.inside = false;
    if (!getSelection()?.isCollapsed) return;
    const place = this.dialogue.locatePoint(this.from.x, this.from.y);
    const word = place && this.bench.texts[place.turn].wordAt(place.at);
    if (place && word) this.bench.select({ turn: place.turn, ...word });
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (Math.hypot(event.clientX - this.from.x, event.clientY - this.from.y) > STILL_PX) clearTimeout(this.press);
    if (!this.dragging) return;
    const place = this.dialogue.locatePoint(event.clientX, event.clientY);
    const ends = this.#ends();
    if (!place || !ends || place.turn !== this.bench.cursor.turn) return;
    const moved = { ...ends, [this.dragging]: place.at };
    if (moved.start >= moved.end) return;
    this.dialogue.preview = moved;
    this.dialogue.update();
  }

  #ends() {
    const { selection, picked } = this.bench.cursor;
    const one = selection ?? picked?.span;
    return one ? { start: Number(one.start), end: Number(one.end) } : null;
  }

  /** @param {PointerEvent} event */
  #up(event) {
    clearTimeout(this.press);
    if (this.dragging) {
      this.#drop();
      return;
    }
    if (!this.inside) return;
    this.inside = false;
    // The browser finishes its own selection after this event.
    if (event.pointerType !== "touch") setTimeout(() => this.#adopt(event), 0);
    else if (getSelection()?.isCollapsed) this.#click(event.clientX, event.clientY);
  }

  #drop() {
    const ends = this.dialogue.preview;
    this.#cancel();
    const { selection, turn } = this.bench.cursor;
    const tidy = ends && this.bench.texts[turn].tidy(ends.start, ends.end);
    if (!tidy) this.dialogue.update();
    else if (selection) this.bench.select({ turn, ...tidy });
    else this.bench.resize(tidy.start, tidy.end);
  }

  #cancel() {
    clearTimeout(this.press);
    this.dragging = "";
    this.dialogue.preview = null;
    document.documentElement.classList.remove("dragging-handle");
  }

  /** @param {PointerEvent} event */
  #adopt(event) {
    const native = getSelection();
    const range = native?.rangeCount ? native.getRangeAt(0) : null;
    const clicks = this.clicks ?? 1;
    if (clicks >= 2) {
      const place = this.dialogue.locatePoint(event.clientX, event.clientY);
      native?.removeAllRanges();
      if (place) this.#many(place, clicks);
      return;
    }
    if (!range || range.collapsed) {
      this.#click(event.clientX, event.clientY);
      return;
    }
    const start = this.dialogue.locate(range.startContainer, range.startOffset);
    const end = this.dialogue.locate(range.endContainer, range.endOffset);
    native?.removeAllRanges();
    const turn = start?.turn ?? end?.turn;
    if (turn === undefined) return;
    // A drag that leaves the bubble means up to its end.
    const last = end?.turn === turn ? end.at : this.bench.texts[turn].length;
    this.bench.select({ turn, start: start?.turn === turn ? start.at : 0, end: last });
  }

  /** @param {{ turn: number, at: number }} place @param {number} clicks */
  #many({ turn, at }, clicks) {
    const text = this.bench.texts[turn];
    const range = clicks === 2 ? text.wordAt(at) : { start: 0, end: text.length };
    if (range) this.bench.select({ turn, ...range });
  }

  /** @param {number} x @param {number} y */
  #click(x, y) {
    const element = /** @type {HTMLElement | null} */ (document.elementFromPoint(x, y));
    const mark = /** @type {HTMLElement | null} */ (element?.closest("mark[data-index]"));
    const box = /** @type {HTMLElement | null} */ (element?.closest("[data-turn]"));
    if (!box) return;
    const turn = Number(box.dataset.turn);
    if (mark) {
      const picked = this.bench.marksOn(turn)[Number(mark.dataset.index)];
      if (!this.bench.linker.take(picked)) this.bench.pick(picked);
      return;
    }
    this.bench.goTo(turn);
    this.bench.select(null);
    this.bench.cursor.caret = this.dialogue.locatePoint(x, y)?.at ?? 0;
  }

  /** Touch: the system's selection, with its own handles, is ours too. */
  #followNative() {
    if (!this.dialogue.touching) return;
    const native = getSelection();
    if (!native?.rangeCount || native.isCollapsed) return;
    const range = native.getRangeAt(0);
    const start = this.dialogue.locate(range.startContainer, range.startOffset);
    const end = this.dialogue.locate(range.endContainer, range.endOffset);
    if (start && end && start.turn === end.turn) this.bench.select({ turn: start.turn, start: start.at, end: end.at });
  }

  /** Our selection is drawn, not the browser's; copying still works. @param {ClipboardEvent} event */
  #copy(event) {
    const { selection } = this.bench.cursor;
    if (!selection || !getSelection()?.isCollapsed) return;
    event.clipboardData?.setData("text/plain", this.bench.quote(selection));
    event.preventDefault();
  }
}
