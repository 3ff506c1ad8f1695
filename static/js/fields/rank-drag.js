// @ts-check
/** Dragging candidates: a mouse drags a card anywhere, a finger by its grip, so that pages can still be scrolled. */

const STILL_PX = 5;
const EDGE_PX = 56;

export class RankDrag {
  /**
   * @param {HTMLElement} lists both lists; rows carry data-id
   * @param {HTMLElement} ranked the list that has an order
   * @param {(id: string, place: number) => void} move place from 0, or -1 for out of the ranking
   */
  constructor(lists, ranked, move) {
    this.lists = lists;
    this.ranked = ranked;
    this.move = move;
    /** @type {{ row: HTMLElement, id: number, x: number, y: number, started: boolean, place: number } | null} */
    this.held = null;
    this.at = -Infinity;
    lists.addEventListener("pointerdown", (event) => this.#down(event));
    lists.addEventListener("pointermove", (event) => this.#move(event));
    lists.addEventListener("pointerup", (event) => this.#up(event));
    lists.addEventListener("pointercancel", () => this.#end());
    lists.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.held?.started) return;
      event.stopPropagation();
      this.#end();
    });
  }

  /** Whether the click that comes now ends a drag. */
  dropped() {
    return performance.now() - this.at < 80;
  }

  /** @param {PointerEvent} event */
  #down(event) {
    const target = /** @type {Element} */ (event.target);
    const row = /** @type {HTMLElement | null} */ (target.closest(".rank-row"));
    const held = event.pointerType === "mouse" ? event.button === 0 && !target.closest(".rank-tools") : target.closest(".grip");
    if (!row || !held) return;
    this.held = { row, id: event.pointerId, x: event.clientX, y: event.clientY, started: false, place: -1 };
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const { held } = this;
    if (!held || event.pointerId !== held.id) return;
    const [dx, dy] = [event.clientX - held.x, event.clientY - held.y];
    if (!held.started && Math.hypot(dx, dy) < STILL_PX) return;
    if (!held.started) {
      held.started = true;
      // A finger's events go to where it began by themselves.
      if (event.pointerType === "mouse") this.lists.setPointerCapture(event.pointerId);
      held.row.classList.add("dragging");
      this.lists.classList.add("drag-on");
    }
    held.row.style.setProperty("translate", `${dx}px ${dy}px`);
    held.place = this.#placeAt(event.clientX, event.clientY, held.row);
    this.#show(held);
    if (event.clientY < EDGE_PX) scrollBy(0, -12);
    else if (event.clientY > innerHeight - EDGE_PX) scrollBy(0, 12);
  }

  /** @param {number} x @param {number} y @param {HTMLElement} row */
  #placeAt(x, y, row) {
    const box = this.ranked.getBoundingClientRect();
    if (y > box.bottom + 12 || y < box.top - 40 || x < box.left - 80 || x > box.right + 80) return -1;
    const others = this.#others(row);
    const after = others.findIndex((one) => {
      const { top, height } = one.getBoundingClientRect();
      return y < top + height / 2;
    });
    return after === -1 ? others.length : after;
  }

  /** @param {HTMLElement} row */
  #others(row) {
    return /** @type {HTMLElement[]} */ ([...this.ranked.querySelectorAll(".rank-row")]).filter((one) => one !== row);
  }

  /** A line where it would land. @param {{ row: HTMLElement, place: number }} held */
  #show({ row, place }) {
    this.#clear();
    const others = this.#others(row);
    this.ranked.classList.toggle("drop-here", place >= 0);
    if (place >= 0 && place < others.length) others[place].classList.add("drop-before");
    else if (place >= 0) others.at(-1)?.classList.add("drop-after");
  }

  #clear() {
    this.ranked.classList.remove("drop-here");
    for (const one of this.lists.querySelectorAll(".drop-before, .drop-after")) one.classList.remove("drop-before", "drop-after");
  }

  /** @param {PointerEvent} event */
  #up(event) {
    const { held } = this;
    if (!held || event.pointerId !== held.id) return;
    this.#end();
    if (!held.started) return;
    this.at = performance.now();
    this.move(held.row.dataset.id ?? "", held.place);
  }

  #end() {
    this.#clear();
    this.held?.row.classList.remove("dragging");
    this.held?.row.style.removeProperty("translate");
    this.lists.classList.remove("drag-on");
    this.held = null;
  }
}
