"""Dialogues of hundreds of turns: what one key costs must not grow with them."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_server import FakeServer

pytestmark = pytest.mark.browser
Serve = Callable[..., tuple[Page, FakeServer]]
TURNS = 300
LONG = [
    {
        "speaker": ["Customer", "Agent"][n % 2],
        "text": f"Turn {n}: where is my parcel? 包裹在哪里？ Thanks 👍🏽.",
    }
    for n in range(TURNS)
]
SPANS: list[dict[str, Any]] = [
    {"name": "qa", "type": "span", "labels": ["question", "answer"], "scope": "turn", "overlapping": True},
    {"name": "tone", "type": "choice", "labels": ["calm", "angry"], "scope": "turn"},
    {"name": "links", "type": "relation", "labels": ["answers"], "from": "qa", "to": "qa"},
]
MARKED = {
    "qa": [{"turn": n, "start": 0, "end": 4, "label": "question"} for n in range(TURNS)],
    "tone": [{"turn": n, "label": "calm"} for n in range(TURNS)],
    "links": [{"from": n, "to": n + 1, "label": "answers"} for n in range(0, 20, 2)],
}
# Which turns the script touches, how often it asks where things lie, and how many listeners it adds.
COUNT = """() => {
  window.touched = new Set();
  window.listeners = 0;
  window.asked = 0;
  const see = (records) => records.forEach(({ target }) => {
    const turn = (target.nodeType === 1 ? target : target.parentElement)?.closest("[data-turn]");
    if (turn) window.touched.add(Number(turn.dataset.turn));
  });
  window.watching = new MutationObserver(see);
  window.watching.observe(document.querySelector(".bench-talk"),
    { subtree: true, childList: true, attributes: true, characterData: true });
  const listen = EventTarget.prototype.addEventListener;
  EventTarget.prototype.addEventListener = function (...all) {
    window.listeners += 1;
    return listen.apply(this, all);
  };
  const box = Element.prototype.getBoundingClientRect;
  Element.prototype.getBoundingClientRect = function () {
    if (this.matches(".bench-talk")) window.asked += 1;
    return box.call(this);
  };
}"""
TOLD = """async () => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const turns = [...window.touched].sort((a, b) => a - b);
  const told = { turns, listeners: window.listeners, asked: window.asked };
  window.touched.clear();
  window.listeners = window.asked = 0;
  return told;
}"""


@pytest.fixture
def page(serve: Serve) -> Page:
    page, _ = serve(items=[{"turns": LONG, "draft": MARKED}] * 2, fields=SPANS, options={"bypass_csp": True})
    expect(page.locator(".bench-talk mark")).to_have_count(TURNS)
    page.keyboard.press("j")
    page.evaluate(COUNT)
    return page


def did(page: Page, *keys: str) -> dict[str, Any]:
    for key in keys:
        page.keyboard.press(key)
    told: dict[str, Any] = page.evaluate(TOLD)
    return told


def test_a_selection_redraws_its_own_turn_only(page: Page) -> None:
    assert did(page, "ArrowRight")["turns"] == [1]
    assert did(page, "Shift+ArrowRight")["turns"] == [1]
    moved = did(page, "j")
    assert moved["turns"] == [1, 2]
    assert moved["listeners"] < 20


def test_a_mark_redraws_its_own_turn_and_lays_the_page_out_once(page: Page) -> None:
    told = did(page, "ArrowRight", "Shift+ArrowRight", "2")
    expect(page.locator(".bench-talk mark.current").first).to_be_visible()
    assert told["turns"] == [1]
    assert told["listeners"] < 60
    assert did(page, "u")["turns"] == [1]
    # However many things changed since the last picture, where the marks lie is asked once.
    page.evaluate("for (const _ of Array(5)) document.querySelector('manyhands-workbench').bench.changed()")
    assert page.evaluate(TOLD)["asked"] <= 1


def test_scrolling_runs_none_of_our_code_and_lays_out_only_what_is_in_sight(page: Page) -> None:
    page.mouse.move(300, 400)
    page.mouse.wheel(0, 4000)
    page.wait_for_function("document.querySelector('.talk-pane').scrollTop > 0")
    assert page.evaluate(TOLD)["turns"] == []
    style = "getComputedStyle(document.querySelector('.bench-talk .turn')).contentVisibility"
    assert page.evaluate(style) == "auto"
    skipped = """(turn) => !document.querySelector(`[data-turn='${turn}'] .bubble`)
      .checkVisibility({ contentVisibilityAuto: true })"""
    assert page.evaluate(skipped, TURNS - 1)
    assert page.evaluate(skipped, 0)


def test_the_last_turn_is_reached_and_labelled(page: Page) -> None:
    page.evaluate(f"document.querySelector('manyhands-workbench').bench.goTo({TURNS - 2})")
    assert did(page, "j", "ArrowLeft", "2")["turns"][-1] == TURNS - 1
    expect(page.locator(f"[data-turn='{TURNS - 1}'] mark.current").first).to_be_in_viewport()
