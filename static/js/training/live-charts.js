// @ts-check
/** Draws the charts of a run again, in place, whenever its live fragment has brought new figures. */
import { drawCharts } from "../chart.js";
import { readStrings } from "../strings.js";

const words = readStrings("site-strings");

document.addEventListener("htmx:afterSettle", (event) => {
  const swapped = /** @type {Element} */ (event.target);
  const page = document.getElementById("main");
  if (swapped.id === "run-live" && page) drawCharts(page, words("chart_failed"));
});
