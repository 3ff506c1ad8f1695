"""All six types of fields in one item: taken back and done again step by step; and on any width of screen."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_server import FakeServer
from tests.browser.new_fields.conftest import BEST, CANDIDATES, LINKS, QA, TONE, TURNS, link, option
from tests.browser.new_fields.test_links import mark, pick
from tests.browser.test_pages import overflow, serious
from tests.browser.test_workbench import answer, press

pytestmark = pytest.mark.browser
Serve = Callable[..., tuple[Page, FakeServer]]
INTENT: dict[str, Any] = {"name": "intent", "type": "choice", "labels": ["refund", "delivery"]}
REPLY: dict[str, Any] = {"name": "reply", "type": "text", "title": "Best reply", "required": False}
FIELDS = [{**QA, "required": False}, LINKS, INTENT, TONE, {**BEST, "required": False}, REPLY]
WORDS = "Tomorrow, 明天 👍🏽"


@pytest.fixture
def bench(serve: Serve) -> Serve:
    def bench(**more: Any) -> tuple[Page, FakeServer]:
        return serve(items=[{"turns": TURNS, "candidates": CANDIDATES}] * 2, fields=FIELDS, **more)

    return bench


def fill(page: Page) -> None:
    """Every field, with the links last but one: they stand on the marks."""
    press(page, "ArrowRight 1 j ArrowRight 2 Escape")
    pick(page, 0, 1)
    option(page, "links", "answers").click()
    mark(page, 0, 0).click()
    option(page, "intent", "delivery").click()
    option(page, "tone", "4").click()
    for name in "cab":
        option(page, "best", name).click()
    page.locator("#text-reply").fill(WORDS)
    press(page, "Escape")


def seen(page: Page) -> list[Any]:
    """What each field shows, in the order of FIELDS."""
    return [
        page.locator(".bench-talk mark").count(),
        page.locator(".link-chip").count(),
        page.locator("[data-field=intent] [aria-checked=true]").count(),
        page.locator("[data-field=tone] [aria-checked=true]").count(),
        page.locator(".ranked-list .rank-row").count(),
        page.locator("#text-reply").input_value(),
    ]


def until_disabled(page: Page, name: str) -> int:
    steps, button = 0, page.locator(f"[data-do={name}]")
    while button.is_enabled():
        button.click()
        steps += 1
        assert steps < 40
    return steps


def test_each_of_the_six_is_taken_back_and_done_again(bench: Serve) -> None:
    page, server = bench()
    fill(page)
    full = [2, 1, 1, 1, 4, WORDS]
    assert seen(page) == full
    steps = until_disabled(page, "undo")
    assert seen(page) == [0, 0, 0, 0, 0, ""]
    assert steps >= 2 + 1 + 1 + 1 + 3 + 1  # marks, link, choice, scale, ranks, text
    assert until_disabled(page, "redo") == steps
    assert seen(page) == full
    sent = answer(server, page)
    assert sent["answer"]["links"] == [link(1, 0)]
    assert (sent["answer"]["intent"], sent["answer"]["tone"]) == ("delivery", 4)
    assert (sent["answer"]["best"], sent["answer"]["reply"]) == (["c", "a", "b", "d"], WORDS)
    assert [one["label"] for one in sent["answer"]["qa"]] == ["question", "answer"]
    assert {edit["action"] for edit in sent["edits"]} >= {"add", "undo", "redo"}


@pytest.mark.parametrize(("width", "height"), [(360, 640), (2560, 1440)])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_narrowest_and_the_widest_screen(bench: Serve, width: int, height: int, language: str) -> None:
    page, server = bench(width=width, height=height, language=language)
    fill(page)
    assert overflow(page) <= 0
    submit = page.locator("[data-do=submit]")
    expect(submit).to_be_in_viewport(ratio=1)
    for name in ("skip", "flag", "undo"):
        expect(page.locator(f"[data-do={name}]")).to_be_in_viewport(ratio=1)
    bubble = page.locator("[data-turn='0'] .bubble").bounding_box()
    fields = page.locator("[data-field=qa]").bounding_box()
    assert bubble is not None and fields is not None
    if width == 360:
        assert fields["y"] > bubble["y"] + bubble["height"]
    else:  # lines stay readable, and the fields beside what they are about
        assert bubble["width"] <= 1000
        assert fields["x"] - (bubble["x"] + bubble["width"]) <= width / 2
    assert serious(page) == []
    with page.expect_response("**/submit"):
        submit.click()
    assert server.submitted[0]["answer"]["tone"] == 4
