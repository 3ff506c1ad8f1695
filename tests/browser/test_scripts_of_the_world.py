"""Emoji of many parts, flags, and writing from right to left: what is marked is whole, and rightly counted.

Positions are code points, as Python counts them; the browser counts UTF-16 units, and a reader characters.
"""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_server import FakeServer
from tests.browser.new_fields.test_rankings import finger
from tests.browser.test_pages import overflow
from tests.browser.test_workbench import answer, box_of, place, press

pytestmark = pytest.mark.browser
Serve = Callable[..., tuple[Page, FakeServer]]
FAMILY, FLAG, RAINBOW, WAVE = "👨‍👩‍👧", "🇨🇳", "🏳️‍🌈", "👋🏽"
EMOJI = [
    {"speaker": "Customer", "text": f"Hi {FLAG}{RAINBOW}{FAMILY} all, {WAVE} where is it?"},
    {"speaker": "Agent", "text": "Here."},
]
RIGHT_TO_LEFT = [
    {"speaker": "זבון", "text": f"שלום {WAVE} איפה החבילה שלי 12?"},
    {"speaker": "וكيل", "text": "مرحبا، سيصل الطلب غدًا."},
    {"speaker": "זבון", "text": "Order 7, תודה."},
]
QA: dict[str, Any] = {"name": "qa", "type": "span", "labels": ["question", "answer"], "required": False}
PHONE: dict[str, Any] = {"width": 390, "height": 844, "options": {"has_touch": True, "is_mobile": True}}


def opened(serve: Serve, turns: list[dict[str, str]], **more: Any) -> tuple[Page, FakeServer]:
    return serve(items=[{"turns": turns}] * 2, fields=[QA], **more)


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=5)
    page.mouse.up()


@pytest.mark.parametrize(
    ("first", "last", "marked"),
    [
        (FLAG, FAMILY, f"{FLAG}{RAINBOW}{FAMILY}"),
        (RAINBOW, RAINBOW, RAINBOW),
        (FAMILY, "all", f"{FAMILY} all"),
        (WAVE, "where", f"{WAVE} where"),
    ],
)
def test_a_drag_over_emoji_of_many_parts(serve: Serve, first: str, last: str, marked: str) -> None:
    page, server = opened(serve, EMOJI)
    start, end = box_of(page, 0, first), box_of(page, 0, last)
    drag(page, (start["left"] + 1, start["y"]), (end["right"] - 1, end["y"]))
    expect(page.locator(".picking")).to_have_text(marked)
    press(page, "1")
    assert answer(server, page)["answer"]["qa"] == [place(EMOJI, 0, marked, "question")]


def test_a_character_at_a_time_is_what_a_reader_calls_one(serve: Serve) -> None:
    page, server = opened(serve, EMOJI)
    press(page, "ArrowRight")
    for picked in (FLAG, f"{FLAG}{RAINBOW}", f"{FLAG}{RAINBOW}{FAMILY}"):
        press(page, "Alt+Shift+ArrowRight" if picked != FLAG else "Alt+Shift+ArrowRight Alt+Shift+ArrowRight")
        expect(page.locator(".picking")).to_have_text(f"Hi {picked}")
    press(page, "Alt+Shift+ArrowLeft 1")
    marked = f"Hi {FLAG}{RAINBOW}"
    assert answer(server, page)["answer"]["qa"] == [place(EMOJI, 0, marked, "question")]


def test_a_finger_drags_a_handle_past_an_emoji(serve: Serve) -> None:
    page, server = opened(serve, EMOJI, **PHONE)
    press(page, "ArrowRight 1")
    handle = page.locator(".handle.end").bounding_box()
    assert handle is not None
    to = box_of(page, 0, FAMILY)
    before = page.evaluate("document.scrollingElement.scrollTop")
    finger(page, (handle["x"] + handle["width"] / 2, to["y"]), (to["right"] - 1, to["y"]))
    expect(page.locator("[data-field=qa] .bench-spans")).to_contain_text(FAMILY)
    assert page.evaluate("document.scrollingElement.scrollTop") == before  # it was no scroll
    with page.expect_response("**/submit"):
        page.locator("[data-do=submit]").tap()
    marked = f"Hi {FLAG}{RAINBOW}{FAMILY}"
    assert server.submitted[0]["answer"]["qa"] == [place(EMOJI, 0, marked, "question")]


def test_arrows_point_where_they_say_in_a_text_from_right_to_left(serve: Serve) -> None:
    page, server = opened(serve, RIGHT_TO_LEFT)
    bubble = page.locator("[data-turn='0'] .bubble")
    assert bubble.evaluate("one => getComputedStyle(one).direction") == "rtl"
    press(page, "ArrowLeft")
    expect(page.locator(".picking")).to_have_text("שלום")
    press(page, "ArrowLeft Shift+ArrowLeft 1")
    first = place(RIGHT_TO_LEFT, 0, "איפה החבילה", "question")
    press(page, "j ArrowLeft 2")
    second = place(RIGHT_TO_LEFT, 1, "مرحبا", "answer")
    press(page, "j ArrowRight 1")  # it begins with Latin letters
    third = place(RIGHT_TO_LEFT, 2, "Order", "question")
    assert answer(server, page)["answer"]["qa"] == [first, second, third]


@pytest.mark.parametrize("width", [360, 1280])
def test_a_mouse_marks_from_right_to_left(serve: Serve, width: int) -> None:
    page, server = opened(serve, RIGHT_TO_LEFT, width=width)
    assert overflow(page) <= 0
    start, end = box_of(page, 1, "سيصل"), box_of(page, 1, "الطلب")
    assert start["left"] > end["left"]
    drag(page, (start["right"] - 1, start["y"]), (end["left"] + 1, end["y"]))
    expect(page.locator(".picking")).to_have_text("سيصل الطلب")
    press(page, "2")
    handles = [page.locator(f".handle.{edge}").bounding_box() for edge in ("start", "end")]
    assert handles[0] and handles[1] and handles[0]["x"] > handles[1]["x"]
    assert answer(server, page)["answer"]["qa"] == [place(RIGHT_TO_LEFT, 1, "سيصل الطلب", "answer")]
