"""Scales, ranks and links on the workbench: by keyboard, mouse and touch."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.fake_server import FakeServer
from tests.browser.test_pages import overflow, serious

pytestmark = pytest.mark.browser
Serve = Callable[..., tuple[Page, FakeServer]]

TURNS = [
    {"speaker": "Customer", "text": "Hi 👩🏽‍💻! Where is my parcel? 订单什么时候到？"},
    {"speaker": "Agent", "text": "It left yesterday. וזה יגיע מחר."},
    {"speaker": "Customer", "text": "Thanks!"},
]
CANDIDATES = [
    {"id": "a", "text": "Sorry for the wait. It arrives tomorrow."},
    {"id": "b", "text": "明天送达，请放心 🚚"},
    {"id": "c", "text": "مرحبا، سيصل غدًا."},
    {"id": "d", "text": "No idea."},
]


def span(turn: int, text: str, label: str) -> dict[str, Any]:
    start = TURNS[turn]["text"].index(text)
    return {"turn": turn, "start": start, "end": start + len(text), "label": label}


WHERE, WHEN = span(0, "Where is my parcel?", "question"), span(0, "订单什么时候到？", "question")
LEFT, TOMORROW = span(1, "It left yesterday.", "answer"), span(1, "וזה יגיע מחר.", "answer")
MARKED = [WHERE, WHEN, LEFT, TOMORROW]
QA = {"name": "qa", "type": "span", "title": "Questions and answers", "labels": ["question", "answer"]}
LINKS = {
    "name": "links",
    "type": "relation",
    "title": "Which answer to which question",
    "from": "qa",
    "labels": ["answers", "repeats"],
}
TONE = {
    "name": "tone",
    "type": "scale",
    "title": "Tone",
    "min": 1,
    "max": 5,
    "low": "rude",
    "high": "kind",
    "low_zh": "粗鲁",
    "high_zh": "友善",
    "required": True,
}
MOOD = {**TONE, "name": "mood", "title": "Mood", "scope": "turn", "speakers": ["Customer"], "required": True}
BEST = {"name": "best", "type": "rank", "title": "Replies", "required": True, "shuffle": False}


def press(page: Page, keys: str) -> None:
    for key in keys.split():
        page.keyboard.press("Space" if key == "Space" else key)


def answer(server: FakeServer, page: Page) -> dict[str, Any]:
    before = len(server.submitted)
    with page.expect_response("**/submit"):
        page.keyboard.press("Enter")
    return dict(server.submitted[before])


def link(a: int, b: int, label: str = "answers") -> dict[str, Any]:
    return {"from": a, "to": b, "label": label}


def option(page: Page, field: str, name: str) -> Locator:
    return page.locator(f"[data-field={field}] [data-option='{name}']")


# -- scale -------------------------------------------------------------------------------------------------


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


# -- rank --------------------------------------------------------------------------------------------------


@pytest.fixture
def order(serve: Serve) -> Serve:
    def order(**more: Any) -> tuple[Page, FakeServer]:
        items = more.pop("items", [{"turns": TURNS, "candidates": CANDIDATES}] * 3)
        return serve(items=items, fields=more.pop("fields", [BEST]), **more)

    return order


def ranking(page: Page) -> list[str]:
    return page.locator(".ranked-list .rank-row").evaluate_all("rows => rows.map((row) => row.dataset.id)")


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


# -- relation ----------------------------------------------------------------------------------------------


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


# -- all of them -------------------------------------------------------------------------------------------


def test_drafts_survive_a_reload(serve: Serve) -> None:
    items = [{"turns": TURNS, "candidates": CANDIDATES, "draft": {"qa": MARKED}}] * 2
    page, server = serve(items=items, fields=[QA, LINKS, TONE, BEST])
    press(page, "] ] ] 3 [ [ 3")
    option(page, "tone", "2").click()
    for name in "dcb":
        option(page, "best", name).click()
    expect(page.locator("[data-part=saved]")).to_contain_text("Draft kept")
    page.reload()
    expect(page.locator(".link-chip")).to_have_count(1)
    assert ranking(page) == ["d", "c", "b", "a"]
    sent = answer(server, page)["answer"]
    assert sent == {"qa": MARKED, "links": [link(2, 0)], "tone": 2, "best": ["d", "c", "b", "a"]}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wrong_for_assistive_technology(
    serve: Serve, language: str, theme: str, width: int
) -> None:
    suggestion = {"mood": {"value": [{"turn": 2, "value": 3}], "confidence": 0.6}}
    items = [
        {"turns": TURNS, "candidates": CANDIDATES, "draft": {"qa": MARKED}, "suggestion": suggestion}
    ] * 2
    page, _ = serve(items=items, fields=[QA, LINKS, MOOD, BEST], language=language, theme=theme, width=width)
    press(page, "] ] ] 3 [ [ 3 Escape k k")
    for name in "dc":
        option(page, "best", name).click()
    option(page, "mood", "1").click()
    assert serious(page) == []
    assert overflow(page) <= 0
