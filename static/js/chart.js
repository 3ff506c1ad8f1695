// @ts-check
/**
 * Draws Plotly figures given as JSON by json_script inside <figure data-chart="ID" data-plotly="URL">,
 * in the colours of the theme. The table under a chart carries the same figures without script.
 */

/** @typedef {{ data: object[], layout?: Record<string, unknown> }} Figure */

/** @type {Promise<void> | undefined} */
let loading;

/** @param {string} url */
function loadPlotly(url) {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve();
    script.onerror = () => reject(new Error(`cannot load ${url}`));
    document.head.append(script);
  });
  return loading;
}

/**
 * The computed value of a token: a probe element resolves light-dark() for the theme in use.
 * @param {string} token
 */
function colour(token) {
  const probe = document.createElement("i");
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

/** @param {Record<string, unknown>} layout */
function themed(layout) {
  const axis = { gridcolor: colour("--line"), zerolinecolor: colour("--line"), linecolor: colour("--line"), automargin: true };
  const merged = /** @type {Record<string, any>} */ ({
    margin: { l: 48, r: 16, t: 12, b: 40 },
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
    ...layout,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("--ink-2") },
    colorway: ["--accent", "--l2", "--l1", "--l3", "--l4", "--l5"].map(colour),
    autosize: true,
  });
  for (const name of ["xaxis", "yaxis", "yaxis2"]) {
    if (name in merged || name !== "yaxis2") merged[name] = { ...axis, ...merged[name] };
  }
  return merged;
}

/**
 * A trace may name a token of the theme in `meta.colour`.
 * @param {any} trace
 */
function coloured(trace) {
  const token = trace.meta?.colour;
  if (!token) return trace;
  const shade = colour(token);
  return { ...trace, marker: { ...trace.marker, color: shade }, line: { ...trace.line, color: shade } };
}

/**
 * A mark whose trace has `meta.href` leads to that address with the mark's `customdata` behind it.
 * @param {any} plot
 */
function leadOn(plot) {
  plot.removeAllListeners?.("plotly_click");
  plot.on?.("plotly_click", (/** @type {any} */ event) => {
    const mark = event.points?.[0];
    const href = mark?.data?.meta?.href;
    if (href && mark.customdata) window.location.assign(href + mark.customdata);
  });
}

/**
 * @param {HTMLElement} holder
 * @param {string} failed
 */
async function draw(holder, failed) {
  const plot = /** @type {HTMLElement | null} */ (holder.querySelector(".plot"));
  const source = document.getElementById(holder.dataset.chart ?? "");
  if (!plot || !source) return;
  try {
    await loadPlotly(holder.dataset.plotly ?? "");
    /** @type {Figure} */
    const figure = JSON.parse(source.textContent ?? "");
    const traces = figure.data.map(coloured);
    await /** @type {any} */ (window).Plotly.react(plot, traces, themed(figure.layout ?? {}), { displayModeBar: false, responsive: true });
    leadOn(plot);
  } catch (error) {
    plot.textContent = failed;
    holder.querySelector("details")?.setAttribute("open", "");
    console.warn(error);
  }
}

/**
 * @param {ParentNode} root
 * @param {string} failed
 */
export function drawCharts(root, failed) {
  const charts = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-chart]")]);
  for (const holder of charts) void draw(holder, failed);
  if (root !== document) return;
  const again = () => charts.forEach((holder) => void draw(holder, failed));
  document.addEventListener("themechange", again);
  // Where the reader has chosen no theme, the system's may change while the page is open.
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
}
