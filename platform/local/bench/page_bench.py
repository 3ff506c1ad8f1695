"""The workbench in a real Chromium: bytes over the wire, the first item, and the next one after a submit.

A cold browser opens the page of a project of dialogues, so everything comes over the loopback; what came is
counted as the network saw it, compressed. The first item is usable when the page says which item it shows
and that picture is painted, counted from the start of the navigation. The next one is counted from the key
that submits to the paint after which the next item stands there.

In a dialogue of 300 turns the page is scrolled by a little in each frame, and then a selection grows by a
word in each; what counts is how many frames come in a second, and how long the slowest of twenty takes.
"""

import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.bench.assign_bench import in_stack
from local.bench.command import Settings
from local.bench.stack import Stack, stack
from local.browser import ensure_chromium
from local.errors import LocalError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ITEMS, LOADS, FRAMES = 60, 5, 120
# Two frames after the change: the first is the one in which it is drawn, the second begins when it is shown.
WATCH = """
window.shown = [];
const look = () => {
  const bench = document.querySelector("manyhands-workbench");
  const item = bench?.dataset.item;
  if (item && item !== window.shown.at(-1)?.item) {
    const entry = { item, at: null };
    window.shown.push(entry);
    requestAnimationFrame(() => requestAnimationFrame(() => { entry.at = performance.now(); }));
  }
};
new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true,
                                                attributeFilter: ["data-item"] });
const press = (event) => { if (event.key === "Enter") window.pressed = performance.now(); };
addEventListener("keydown", press, true);
"""


def run(settings: Settings) -> dict[str, Any]:
    """`{"settings", "figures"}`: kilobytes (of 1,000 bytes) and milliseconds."""
    items = settings.items or ITEMS
    with tempfile.TemporaryDirectory(prefix="mh-") as folder, stack(Path(folder)) as site:
        made = in_stack(site, ["local.bench.labelled_page"], str(items + LOADS))
        figures = _in_browser(site, made, items)
    return {"settings": {"items": items, "loads": LOADS}, "figures": figures}


def _in_browser(site: Stack, made: dict[str, str], items: int) -> dict[str, float]:
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415
    except ImportError:
        raise LocalError("Playwright is missing. `python3 manage.py test` installs it.") from None
    program = ensure_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(program), args=["--no-sandbox", "--disable-gpu"]
        )
        first, weights = [], []
        for _ in range(LOADS):
            page = _open(browser, site, made)
            first.append(page.evaluate("window.shown[0].at"))
            weights.append(page.evaluate(_WEIGHT))
        following = [_submit(page) for _ in range(items - 1)]
        smooth = _frames(browser, site, made)
        browser.close()
    return {
        "workbench_kb": round(statistics.median(weights) / 1000, 1),
        "first_item_ms": round(statistics.median(first), 1),
        "first_item_slowest_ms": round(max(first), 1),
        "next_item_ms": round(statistics.median(following), 1),
        "next_item_p95_ms": round(statistics.quantiles(following, n=20, method="inclusive")[-1], 1),
        **smooth,
    }


_WEIGHT = """
[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .filter((one) => !one.name.includes("/api/"))
  .reduce((sum, one) => sum + one.transferSize, 0)
"""


# One step in each frame, and the times between them. A key goes the way of a person's: through the document.
_STEPS = """
async ([what, frames]) => {
  const scrolled = [document.scrollingElement, ...document.querySelectorAll("*")]
    .filter((one) => one.scrollHeight > one.clientHeight + 500)
    .sort((a, b) => b.scrollHeight - a.scrollHeight)[0] ?? document.scrollingElement;
  const step = {
    scroll: () => scrolled.scrollBy(0, 40),
    select: () => (document.activeElement ?? document.body).dispatchEvent(
      new KeyboardEvent("keydown", { key: "ArrowRight", shiftKey: true, bubbles: true, cancelable: true })),
    move: () => (document.activeElement ?? document.body).dispatchEvent(
      new KeyboardEvent("keydown", { key: "j", bubbles: true, cancelable: true })),
  }[what];
  const times = [];
  let last = performance.now();
  for (let n = 0; n < frames; n++) {
    step();
    const now = await new Promise((done) => requestAnimationFrame(done));
    times.push(now - last);
    last = now;
  }
  return times.slice(1);
}
"""


def _frames(browser: "Browser", site: Stack, made: dict[str, str]) -> dict[str, float]:
    """Frames a second while scrolling, selecting and moving from turn to turn, and the 95th percentile."""
    page = _open(browser, site, {**made, "project": made["long"]})
    found = {}
    for what in ("scroll", "select", "move"):
        times = page.evaluate(_STEPS, [what, FRAMES])
        found[f"long_{what}_fps"] = round(1000 * len(times) / sum(times), 1)
        found[f"long_{what}_p95_ms"] = round(statistics.quantiles(times, n=20, method="inclusive")[-1], 1)
    return found


def _open(browser: "Browser", site: Stack, made: dict[str, str]) -> "Page":
    """A new context each time, with nothing in its cache."""
    # Waiting for a condition evaluates text in the page, which its own policy forbids.
    context = browser.new_context(bypass_csp=True)
    context.add_cookies([{"name": "sessionid", "value": made["cookie"], "url": site.url}])
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(f"{site.url}/projects/{made['project']}/label/")
    page.wait_for_function("window.shown[0]?.at")
    page.wait_for_load_state("networkidle")
    return page


def _submit(page: "Page") -> float:
    """Label the item that is shown, submit, and wait until the next one is painted; milliseconds."""
    before = page.evaluate("window.shown.length")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    page.wait_for_function("(before) => window.shown.length > before && window.shown.at(-1).at", arg=before)
    taken: float = page.evaluate("window.shown.at(-1).at - window.pressed")
    page.wait_for_timeout(150)  # as somebody who reads before the next answer, so that one is fetched ahead
    return taken
