// @ts-check
/** Seconds spent on an item: only while the page is visible, and at most a minute after the last sign of life. */
const IDLE_MS = 60_000;
const SIGNS = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart", "scroll"];

export class ActiveClock {
  /** @param {() => number} [now] milliseconds */
  constructor(now = () => performance.now()) {
    this.now = now;
    this.total = 0;
    this.from = now();
    this.alive = now();
    this.visible = true;
  }

  /** @param {Document} page */
  watch(page) {
    for (const sign of SIGNS) page.addEventListener(sign, () => this.beat(), { capture: true, passive: true });
    page.addEventListener("visibilitychange", () => this.show(page.visibilityState === "visible"));
  }

  /** @param {number} seconds already spent before */
  restart(seconds) {
    this.total = seconds * 1000;
    this.from = this.alive = this.now();
  }

  beat() {
    this.#settle();
    this.alive = this.now();
  }

  /** @param {boolean} visible */
  show(visible) {
    this.#settle();
    this.visible = visible;
    if (visible) this.alive = this.now();
  }

  get idle() {
    return !this.visible || this.now() - this.alive > IDLE_MS;
  }

  /** One decimal. */
  seconds() {
    this.#settle();
    return Math.round(this.total / 100) / 10;
  }

  #settle() {
    const now = this.now();
    const until = Math.min(now, this.alive + IDLE_MS);
    if (this.visible && until > this.from) this.total += until - this.from;
    this.from = now;
  }
}
