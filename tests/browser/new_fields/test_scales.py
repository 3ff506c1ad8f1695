"""Scales on the workbench: by keyboard, mouse and touch."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_server import FakeServer
from tests.browser.new_fields.conftest import MOOD, TONE, TURNS, Serve, answer, option, press

pytestmark = pytest.mark.browser


@pytest.fixture
def rate(serve: Serve) -> Serve:
    def rate(**more: Any) -> tuple[Page, FakeServer]:
        items = more.pop("items", [{"turns": TURNS}] * 3)
        return serve(items=items, fields=more.pop("fields", [TONE]), **more)

    return rate


def test_a_scale_by_its_own_digits(rate: Serve) -> None:
    page, server = rate()
    press(page, "4")
    expect(option(page, "tone", "4")).to_have_attribute("aria-checked", "true")
    expect(page.locator("[data-part=live]")).to_have_text("4 chosen")
    sent = answer(server, page)
    assert sent["answer"] == {"tone": 4}
    assert [edit["action"] for edit in sent["edits"]] == ["add"]


def test_a_scale_by_arrows(rate: Serve) -> None:
    page, server = rate()
    option(page, "tone", "1").focus()
    press(page, "ArrowRight ArrowRight ArrowRight ArrowLeft End Home ArrowUp")
    assert answer(server, page)["answer"] == {"tone": 2}


def test_a_scale_behind_labels_has_its_digits_only_while_it_has_the_focus(rate: Serve) -> None:
    intent = {"name": "intent", "type": "choice", "labels": ["refund", "delivery"]}
    page, server = rate(fields=[intent, TONE])
    press(page, "2")
    expect(option(page, "intent", "delivery")).to_have_attribute("aria-checked", "true")
    expect(page.locator("[data-field=tone] [aria-checked=true]")).to_have_count(0)
    option(page, "tone", "1").focus()
    press(page, "2 5")
    assert answer(server, page)["answer"] == {"intent": "delivery", "tone": 5}


def test_a_scale_by_mouse_undo_and_what_is_missing(rate: Serve) -> None:
    page, server = rate()
    page.keyboard.press("Enter")
    expect(page.locator("[data-field=tone] .bench-problems")).to_have_text("Choose a point of the scale.")
    option(page, "tone", "3").click()
    option(page, "tone", "5").click()
    press(page, "u")
    expect(option(page, "tone", "3")).to_have_attribute("aria-checked", "true")
    assert answer(server, page)["answer"] == {"tone": 3}


def test_a_scale_of_each_turn(rate: Serve) -> None:
    page, server = rate(fields=[MOOD])
    press(page, "2")
    expect(page.locator("[data-turn='0'] .turn-chips")).to_have_text("Mood: 2")
    press(page, "j")
    expect(option(page, "mood", "2")).to_be_disabled()
    press(page, "Enter")
    expect(page.locator("[data-field=mood] .bench-problems")).to_have_text("Rate this turn too.")
    press(page, "5")
    assert answer(server, page)["answer"]["mood"] == [{"turn": 0, "value": 2}, {"turn": 2, "value": 5}]


def test_a_scale_by_touch_with_its_ends_in_words(rate: Serve) -> None:
    page, server = rate(
        width=390, height=844, language="zh-hans", options={"has_touch": True, "is_mobile": True}
    )
    expect(page.locator("#ends-tone")).to_have_text("1 粗鲁5 友善")
    option(page, "tone", "5").tap()
    with page.expect_response("**/submit"):
        page.locator("[data-do=submit]").tap()
    assert server.submitted[0]["answer"] == {"tone": 5}


def test_a_long_scale_is_a_slider_that_begins_unset(rate: Serve) -> None:
    page, server = rate(fields=[{**TONE, "min": 0, "max": 100, "step": 5}])
    slider = page.get_by_role("slider")
    expect(slider).to_have_attribute("aria-valuetext", "not chosen")
    page.keyboard.press("Enter")
    expect(page.locator("[data-field=tone] .bench-problems")).to_have_text("Choose a point of the scale.")
    slider.focus()
    press(page, "8 5")
    expect(page.locator(".scale-slider output")).to_have_text("85")
    press(page, "ArrowRight ArrowRight Escape")
    assert answer(server, page)["answer"] == {"tone": 95}


def test_a_suggested_point_is_dashed_and_accepted_by_its_key(rate: Serve) -> None:
    item = {"turns": TURNS, "suggestion": {"tone": {"value": 4, "confidence": 0.8}}}
    page, server = rate(items=[item] * 2)
    expect(option(page, "tone", "4")).to_have_class("bench-option suggested")
    press(page, "a")
    sent = answer(server, page)
    assert sent["answer"] == {"tone": 4}
    assert (sent["edits"][0]["action"], sent["edits"][0]["confidence"]) == ("accept", 0.8)
