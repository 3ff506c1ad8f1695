"""Links between marks on the workbench: by keyboard, mouse and touch."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.fake_server import FakeServer
from tests.browser.new_fields.conftest import (
    LEFT,
    LINKS,
    MARKED,
    QA,
    TURNS,
    WHEN,
    WHERE,
    Serve,
    answer,
    link,
    option,
    press,
)
from tests.browser.test_pages import overflow

pytestmark = pytest.mark.browser


@pytest.fixture
def join(serve: Serve) -> Serve:
    def join(**more: Any) -> tuple[Page, FakeServer]:
        items = more.pop("items", [{"turns": TURNS, "draft": {"qa": MARKED}}] * 3)
        return serve(items=items, fields=more.pop("fields", [QA, LINKS]), **more)

    return join


def mark(page: Page, index: int, turn: int) -> Locator:
    return page.locator(f".bench-talk [data-turn='{turn}'] mark[data-index='{index}']")


def pick(page: Page, index: int, turn: int) -> None:
    """The browser ends its own selection first, so a click takes a moment to be a pick."""
    mark(page, index, turn).click()
    expect(mark(page, index, turn)).to_have_class(re.compile(r"\bcurrent\b"))


def test_links_by_keyboard_alone(join: Serve) -> None:
    page, server = join()
    press(page, "] ] ] 3")  # the third mark is the first answer; the key 3 is "answers"
    expect(page.locator("[data-part=live]")).to_contain_text("answers: from “It left yesterday.”")
    press(page, "[ [ 3")
    expect(page.locator("[data-part=live]")).to_have_text("answers: It left yesterday. → Where is my parcel?")
    press(page, "[ [ [ l ] ]")
    expect(page.locator(".bench-linking")).to_be_visible()
    press(page, "4")  # a label pressed at the end counts
    sent = answer(server, page)
    assert sent["answer"]["qa"] == MARKED
    assert link(2, 0) in sent["answer"]["links"] and len(sent["answer"]["links"]) == 2
    added = [edit for edit in sent["edits"] if edit["field"] == "links"]
    assert (added[0]["action"], added[0]["after"]) == ("add", {"from": LEFT, "to": WHERE, "label": "answers"})


def test_links_by_mouse_are_drawn_and_listed(join: Serve) -> None:
    page, server = join()
    pick(page, 1, 1)
    option(page, "links", "answers").click()
    mark(page, 1, 0).click()
    expect(page.locator(".link-chip")).to_have_text("answers")
    expect(page.get_by_role("list", name="Linked: Which answer to which question")).to_contain_text(
        "answers →"
    )
    assert line_ends(page) == pytest.approx(ends_of(page, (1, 1), (1, 0)), abs=1.5)
    assert answer(server, page)["answer"]["links"] == [link(3, 1)]


def test_links_by_touch_with_the_labels_at_hand(join: Serve) -> None:
    page, server = join(width=390, height=844, options={"has_touch": True, "is_mobile": True})
    mark(page, 0, 1).first.tap()
    page.locator("[data-part=palette]").get_by_text("answers →").tap()
    mark(page, 0, 0).first.tap()
    expect(page.locator(".link-chip")).to_have_count(1)
    assert overflow(page) <= 0
    with page.expect_response("**/submit"):
        page.locator("[data-do=submit]").tap()
    assert server.submitted[0]["answer"]["links"] == [link(2, 0)]


def line_ends(page: Page) -> list[float]:
    """Where the line begins and ends, on the screen."""
    found: list[float] = page.evaluate(
        """() => {
        const path = document.querySelector(".link-layer g path");
        const frame = document.querySelector(".link-layer svg").getBoundingClientRect();
        const [start, end] = [path.getPointAtLength(0), path.getPointAtLength(path.getTotalLength())];
        return [frame.left + start.x, frame.top + start.y, frame.left + end.x, frame.top + end.y];
        }"""
    )
    return found


def ends_of(page: Page, source: tuple[int, int], target: tuple[int, int]) -> list[float]:
    """(index, turn) of a lower and a higher mark: the middle of the one's top and of the other's bottom."""
    a, b = (mark(page, *one).bounding_box() for one in (source, target))
    assert a is not None and b is not None
    return [a["x"] + a["width"] / 2, a["y"], b["x"] + b["width"] / 2, b["y"] + b["height"]]


def test_lines_follow_their_marks_when_the_window_changes_and_the_text_scrolls(join: Serve) -> None:
    turns = [*TURNS, *[{"speaker": "Customer", "text": f"Hello again, number {n}."} for n in range(30)]]
    items = [{"turns": turns, "draft": {"qa": MARKED, "links": [link(3, 1)]}}] * 2
    page, _ = join(items=items)
    expect(page.locator(".link-chip")).to_be_visible()
    for width, scroll in ((1280, 120), (1000, 0), (1600, 60)):
        page.set_viewport_size({"width": width, "height": 700})
        page.locator(".talk-pane").evaluate("(pane, y) => pane.scrollTo(0, y)", scroll)
        page.wait_for_timeout(150)
        assert line_ends(page) == pytest.approx(ends_of(page, (1, 1), (1, 0)), abs=1.5)


def test_the_words_of_lines_do_not_cover_each_other(join: Serve) -> None:
    items = [{"turns": TURNS, "draft": {"qa": MARKED, "links": [link(2, 1), link(3, 0), link(3, 1)]}}] * 2
    page, _ = join(items=items)
    expect(page.locator(".link-chip")).to_have_count(3)
    boxes = [chip.bounding_box() for chip in page.locator(".link-chip").all()]
    for a in boxes:
        for b in boxes:
            assert a is not None and b is not None
            apart = a["x"] + a["width"] <= b["x"] or a["y"] + a["height"] <= b["y"]
            assert a is b or apart or b["x"] + b["width"] <= a["x"] or b["y"] + b["height"] <= a["y"]


def test_links_follow_spans_that_change_and_go_when_they_go(join: Serve) -> None:
    page, server = join()
    pick(page, 0, 1)
    option(page, "links", "answers").click()
    mark(page, 1, 0).click()
    # A new mark before all others moves every index, a longer one stays the same mark.
    page.locator(".bench-talk [data-turn='0'] .bubble").click(position={"x": 30, "y": 18})
    press(page, "Escape ArrowRight 1")
    expect(page.locator(".link-chip")).to_have_count(1)
    page.get_by_role("list", name="Marked: Questions and answers").get_by_text("It left yesterday.").click()
    press(page, "Alt+Shift+ArrowLeft")
    sent = page.evaluate("() => document.querySelector('manyhands-workbench').store.now.values")
    made = sent["links"][0]
    assert sent["qa"][made["from"]]["end"] == LEFT["end"] - 1 and sent["qa"][made["to"]] == WHEN
    press(page, "x")
    expect(page.locator(".link-chip")).to_have_count(0)
    press(page, "u")
    expect(page.locator(".link-chip")).to_have_count(1)
    assert len(answer(server, page)["answer"]["links"]) == 1


def test_a_link_is_picked_relabelled_and_removed(join: Serve) -> None:
    items = [{"turns": TURNS, "draft": {"qa": MARKED, "links": [link(2, 0)]}}] * 2
    page, server = join(items=items)
    page.locator(".link-chip").click()
    press(page, "4")
    expect(page.locator(".link-chip")).to_have_text("repeats")
    page.get_by_role("list", name="Linked").get_by_role("button").first.focus()
    press(page, "Space x")
    expect(page.locator(".link-chip")).to_have_count(0)
    press(page, "u")
    assert answer(server, page)["answer"]["links"] == [link(2, 0, "repeats")]


def test_a_link_between_the_wrong_marks_is_refused_and_either_end_may_come_first(join: Serve) -> None:
    page, server = join(fields=[QA, {**LINKS, "from_labels": ["answer"], "to_labels": ["question"]}])
    pick(page, 0, 0)
    option(page, "links", "answers").click()
    mark(page, 1, 0).click()
    expect(page.get_by_text("A link of this kind cannot join these marks.")).to_be_visible()
    mark(page, 0, 1).click()
    expect(page.locator(".link-chip")).to_have_count(1)
    assert answer(server, page)["answer"]["links"] == [link(2, 0)]


def test_escape_gives_a_link_up(join: Serve) -> None:
    page, server = join()
    pick(page, 0, 0)
    press(page, "l")
    expect(page.locator(".bench-linking")).to_contain_text("Now choose the other mark")
    press(page, "Escape")
    pick(page, 0, 1)
    assert answer(server, page)["answer"]["links"] == []


def test_suggested_links_are_dashed_and_bring_their_marks_along(join: Serve) -> None:
    suggestion = {
        "qa": {"value": [WHERE, LEFT], "confidence": 0.9},
        "links": {"value": [link(1, 0)], "confidence": 0.75},
    }
    page, server = join(items=[{"turns": TURNS, "suggestion": suggestion}] * 2)
    expect(page.locator(".link-layer g.suggested")).to_have_count(1)
    page.get_by_role("list", name="Linked").get_by_role("button", name="Accept").click()
    expect(page.locator(".link-layer g.suggested")).to_have_count(0)
    sent = answer(server, page)["answer"]
    assert sent == {"qa": [WHERE, LEFT], "links": [link(1, 0)]}
