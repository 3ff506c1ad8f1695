// @ts-check
/** The line on top: pay, progress, what was done today, time left. */

/**
 * As the pages write it. The browser knows the symbols; of a currency's decimals it has a mind of its own.
 * @param {import("./types.js").Money} money
 * @param {string} language
 * @param {number} places decimals of the currency's smallest unit
 */
export function formatMoney({ amount_minor, currency }, language, places) {
  const options = { style: "currency", currency, minimumFractionDigits: places, maximumFractionDigits: places };
  return new Intl.NumberFormat(language, options).format(amount_minor / 10 ** places);
}

/** @param {number} seconds */
export function formatClock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

export class Strip {
  /**
   * @param {(name: string) => HTMLElement} piece
   * @param {any} config
   * @param {import("./types.js").Words} words
   * @param {string} language of the page
   */
  constructor(piece, config, words, language) {
    this.piece = piece;
    this.config = config;
    this.t = words;
    this.language = language;
    /** @type {import("./types.js").Today} */
    this.today = config.today ?? { count: 0 };
    this.progress = config.project.progress ? { ...config.project.progress } : null;
    this.#pay();
    this.#today();
  }

  /** @param {import("./types.js").Money} money */
  #money(money) {
    return formatMoney(money, this.language, this.config.project.places);
  }

  #pay() {
    const { reward, hourly_minor } = this.config.project;
    if (!reward) return;
    this.piece("pay").textContent = this.t("per_item", { money: this.#money(reward) });
    if (!hourly_minor) return;
    const hourly = this.#money({ amount_minor: hourly_minor, currency: reward.currency });
    this.piece("hourly").textContent = ` · ${this.t("per_hour", { money: hourly })}`;
  }

  #today() {
    const { count, earned, streak } = this.today;
    const words = [this.t("today_count", { count })];
    if (earned) words.push(this.#money(earned));
    if (streak && streak > 2) words.push(this.t("streak", { count: streak }));
    this.piece("today").textContent = words.join(" · ");
    const bar = /** @type {HTMLProgressElement} */ (this.piece("bar"));
    bar.hidden = this.piece("progress").hidden = !this.progress;
    if (!this.progress) return;
    bar.max = this.progress.total;
    bar.value = this.progress.done;
    this.piece("progress").textContent = this.t("progress", this.progress);
  }

  /** An answer was acknowledged. @param {import("./types.js").Today | undefined} today */
  saved(today) {
    this.today = { ...this.today, ...(today ?? { count: this.today.count + 1 }) };
    if (this.progress && this.progress.done < this.progress.total) this.progress.done += 1;
    this.#today();
  }

  /** @param {number | null} seconds left of the lease */
  lease(seconds) {
    const chip = this.piece("lease");
    chip.hidden = seconds === null;
    if (seconds === null) return;
    chip.textContent = seconds > 0 ? this.t("time_left", { time: formatClock(seconds) }) : this.t("time_out");
    chip.classList.toggle("warn", seconds > 0 && seconds < 90);
    chip.classList.toggle("bad", seconds <= 0);
  }

  /** The money and count as one sentence, for the empty state. */
  sum() {
    return this.piece("today").textContent ?? "";
  }
}
