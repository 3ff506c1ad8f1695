"""Rankings on the workbench: by keyboard, mouse and touch."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_server import FakeServer
from tests.browser.new_fields.conftest import (
    BEST,
    CANDIDATES,
    TONE,
    TURNS,
    Serve,
    answer,
    option,
    press,
    ranking,
)
from tests.browser.test_pages import overflow

pytestmark = pytest.mark.browser


@pytest.fixture
def order(serve: Serve) -> Serve:
    def order(**more: Any) -> tuple[Page, FakeServer]:
        items = more.pop("items", [{"turns": TURNS, "candidates": CANDIDATES}] * 3)
        return serve(items=items, fields=more.pop("fields", [BEST]), **more)

    return order


def test_nothing_is_ranked_before_somebody_ranks_it(order: Serve) -> None:
    page, server = order()
    assert ranking(page) == []
    page.keyboard.press("Enter")
    expect(page.locator("[data-field=best] .bench-problems")).to_have_text("Give every candidate a place.")
    assert not server.submitted


def test_everybody_sees_the_candidates_in_an_order_of_their_own(order: Serve) -> None:
    page, server = order(
        items=[{"turns": TURNS, "candidates": CANDIDATES}] * 8, fields=[{**BEST, "shuffle": True}]
    )
    shown = []
    for number in range(1, 7):
        expect(page.locator(f"[data-item=item-{number}]")).to_be_visible()
        names = page.locator(".pool-list .rank-row").evaluate_all("rows => rows.map((row) => row.dataset.id)")
        shown.append(names)
        press(page, "1 2 3")
        assert answer(server, page)["answer"] == {"best": names}
    assert len({tuple(names) for names in shown}) > 3
    assert len({names[0] for names in shown}) > 1
    before = page.locator(".pool-list").inner_text()
    page.reload()
    expect(page.locator(".pool-list")).to_have_text(before, use_inner_text=True)


def test_a_ranking_by_keys(order: Serve) -> None:
    page, server = order()
    press(page, "3 1 4")  # the last one has only one place left
    assert ranking(page) == ["c", "a", "d", "b"]
    option(page, "best", "b").focus()
    press(page, "Alt+ArrowUp Alt+ArrowUp")
    expect(option(page, "best", "b")).to_be_focused()
    expect(page.locator("[data-part=live]")).to_contain_text("place 2 of 4")
    press(page, "ArrowUp Alt+ArrowDown")
    sent = answer(server, page)
    assert sent["answer"] == {"best": ["b", "c", "a", "d"]}
    assert [edit["action"] for edit in sent["edits"]] == ["add", "add", "add", "move", "move", "move"]


def test_a_ranking_undone_and_taken_out(order: Serve) -> None:
    page, server = order()
    press(page, "2 4 u")
    assert ranking(page) == ["b"]
    press(page, "r 4")
    assert ranking(page) == ["b"]
    option(page, "best", "b").focus()
    press(page, "Space")
    assert ranking(page) == []
    press(page, "1 2 3")
    assert answer(server, page)["answer"] == {"best": ["a", "b", "c", "d"]}


def test_a_ranking_by_mouse(order: Serve) -> None:
    page, server = order()
    for name in "abc":
        option(page, "best", name).click()
    assert ranking(page) == ["a", "b", "c", "d"]
    drag(page, "d", "a", mouse)
    assert ranking(page) == ["d", "a", "b", "c"]
    page.locator("[data-id=b] [aria-label='Move up']").click()
    page.locator("[data-id=d] [aria-label='Take out of the ranking']").click()
    assert ranking(page) == ["b", "a", "c"]
    drag(page, "d", "c", mouse)
    assert answer(server, page)["answer"] == {"best": ["b", "a", "d", "c"]}


def test_a_drag_out_of_the_ranking_takes_out(order: Serve) -> None:
    page, _ = order()
    press(page, "1 2")
    drag(page, "a", ".pool-list", mouse)
    assert ranking(page) == ["b"]


def test_a_ranking_by_finger(order: Serve) -> None:
    page, server = order(width=390, height=844, options={"has_touch": True, "is_mobile": True})
    for name in "abc":
        option(page, "best", name).tap()
    drag(page, "d", "a", finger)
    expect(page.locator(".ranked-list .rank-row").first).to_have_attribute("data-id", "d")
    assert ranking(page) == ["d", "a", "b", "c"]
    assert overflow(page) <= 0
    with page.expect_response("**/submit"):
        page.locator("[data-do=submit]").tap()
    assert server.submitted[0]["answer"] == {"best": ["d", "a", "b", "c"]}


def test_only_the_best_are_asked_for(order: Serve) -> None:
    page, server = order(fields=[{**BEST, "top": 2}])
    press(page, "4 2 1")
    expect(page.get_by_text("Only the best 2 are asked for. Take one out first.")).to_be_visible()
    assert answer(server, page)["answer"] == {"best": ["d", "b"]}


def test_a_suggested_order_is_accepted(order: Serve) -> None:
    suggestion = {"best": {"value": ["b", "a", "d", "c"], "confidence": 0.7}}
    page, server = order(items=[{"turns": TURNS, "candidates": CANDIDATES, "suggestion": suggestion}] * 2)
    expect(page.locator(".bench-proposal")).to_contain_text("B > A > D > C 70 %")
    assert ranking(page) == []
    press(page, "a")
    assert answer(server, page)["answer"] == {"best": ["b", "a", "d", "c"]}


def test_candidates_without_a_ranking_stand_under_the_text(order: Serve) -> None:
    page, _ = order(fields=[TONE])
    expect(page.get_by_role("list", name="Candidates").get_by_role("listitem")).to_have_count(4)


def centre(page: Page, where: str, share: float = 0.5) -> tuple[float, float]:
    selector = where if where.startswith(".") else f"[data-id={where}] .grip"
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] * share


def mouse(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=6)
    page.mouse.up()


def finger(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Through the browser's own input, so that scrolling and touch-action play their part."""
    session = page.context.new_cdp_session(page)
    steps = 6

    def send(kind: str, point: tuple[float, float] | None) -> None:
        points = [{"x": point[0], "y": point[1]}] if point else []
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", start)
    for n in range(1, steps + 1):
        x, y = (a + (b - a) * n / steps for a, b in zip(start, end, strict=True))
        send("touchMove", (x, y))
        page.wait_for_timeout(25)
    # A finger that leaves at full speed flings, and the next tap would only stop that.
    page.wait_for_timeout(120)
    send("touchMove", end)
    send("touchEnd", None)


def drag(page: Page, name: str, to: str, move: Callable[..., None]) -> None:
    """Onto the upper part of another row, which means before it."""
    page.locator(f"[data-id={name}] .grip").scroll_into_view_if_needed()
    move(page, centre(page, name), centre(page, to, 0.5 if to.startswith(".") else 0.2))
