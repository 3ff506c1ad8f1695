"""Labelling: by keyboard, mouse and touch; what is sent is what was marked."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import ASKED, AT, CHINESE, CUSTOMER, SUGGESTION
from tests.browser.fake_server import FakeServer

pytestmark = pytest.mark.browser
Serve = Callable[..., tuple[Page, FakeServer]]


def press(page: Page, keys: str) -> None:
    for key in keys.split():
        page.keyboard.press(key)


def place(turns: list[dict[str, str]], turn: int, text: str, label: str) -> dict[str, Any]:
    """A span as Python counts it: in code points."""
    start = turns[turn]["text"].index(text)
    return {"turn": turn, "start": start, "end": start + len(text), "label": label}


def answer(server: FakeServer, page: Page) -> dict[str, Any]:
    before = len(server.submitted)
    with page.expect_response("**/submit"):
        page.keyboard.press("Enter")
    return dict(server.submitted[before])


def test_a_whole_item_by_keyboard_alone(serve: Serve) -> None:
    page, server = serve()
    press(page, "ArrowLeft " + "Shift+ArrowLeft " * 3)
    press(page, "1 3 j ArrowRight " + "Shift+ArrowRight " * 6 + "2 Alt+Shift+ArrowLeft 7 8")
    press(page, "j 5 Tab Tab Tab Tab Tab")
    expect(page.locator("#text-reply")).to_be_focused()
    page.keyboard.type("Yes, of course. 好")
    press(page, "Escape")
    sent = answer(server, page)
    assert sent["answer"] == {
        "qa": [
            place(CUSTOMER, 0, "When will it arrive", "question"),
            place(CUSTOMER, 1, "Good morning [PERSON_1], thanks for waiting", "answer"),
        ],
        "emotion": [{"turn": 0, "label": "calm"}, {"turn": 2, "label": "annoyed"}],
        "intent": ["delivery_time", "refund_request"],
        "reply": "Yes, of course. 好",
    }


def test_the_next_item_is_there_before_the_server_has_answered(serve: Serve) -> None:
    page, server = serve()
    expect(page.locator("[data-item=item-1]")).to_be_visible()
    page.keyboard.press("7")
    milliseconds = page.evaluate(
        """async () => {
        const bench = document.querySelector("manyhands-workbench");
        const started = performance.now();
        document.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
        while (bench.dataset.item !== "item-2") await new Promise((resolve) => setTimeout(resolve, 0));
        document.body.offsetHeight;
        return performance.now() - started;
        }"""
    )
    expect(page.locator("[data-part=today]")).to_contain_text("1 today · $0.06")
    assert [call[1]["count"] for call in server.calls if call[0] == "claim"] == [2, 1]
    assert milliseconds < 50


def test_a_required_field_left_blank_is_shown_and_not_sent(serve: Serve) -> None:
    page, server = serve()
    page.keyboard.press("Enter")
    expect(page.locator("[data-field=intent] .bench-problems")).to_have_text("Choose a label.")
    assert not server.submitted


def bubble(page: Page, turn: int) -> Locator:
    return page.locator(f".bench-talk [data-turn='{turn}'] .bubble")


def box_of(page: Page, turn: int, text: str) -> dict[str, float]:
    found: dict[str, float] = page.evaluate(
        """([turn, text]) => {
        const bubble = document.querySelector(`.bench-talk [data-turn="${turn}"] .bubble`);
        const walker = document.createTreeWalker(bubble, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
          const at = node.data.indexOf(text);
          if (at === -1) continue;
          const range = document.createRange();
          range.setStart(node, at); range.setEnd(node, at + text.length);
          const box = range.getBoundingClientRect();
          return { left: box.left, right: box.right, y: box.top + box.height / 2 };
        }
        }""",
        [turn, text],
    )
    return found


def test_mouse_drag_after_an_emoji_gives_code_points(serve: Serve) -> None:
    page, server = serve()
    box = box_of(page, 2, ASKED)
    page.mouse.move(box["left"] + 1, box["y"])
    page.mouse.down()
    page.mouse.move(box["right"] - 1, box["y"], steps=4)
    page.mouse.up()
    page.locator("[data-field=qa] [data-option=question]").click()
    press(page, "7")
    assert answer(server, page)["answer"]["qa"] == [place(CUSTOMER, 2, ASKED, "question")]


@pytest.mark.parametrize(
    ("clicks", "turns", "turn", "at", "marked"),
    [
        (2, CUSTOMER, 2, "delivery", "delivery"),
        (3, CUSTOMER, 2, "delivery", CUSTOMER[2]["text"]),
        (2, CHINESE, 2, "运", "运"),
    ],
)
def test_double_click_takes_a_word_and_triple_the_turn(
    serve: Serve, clicks: int, turns: list[dict[str, str]], turn: int, at: str, marked: str
) -> None:
    page, server = serve(items=[{"turns": turns}] * 3)
    box = box_of(page, turn, at)
    page.mouse.click((box["left"] + box["right"]) / 2 - 2, box["y"], click_count=clicks)
    expect(page.locator(".picking")).to_have_text(marked)
    press(page, "1 7")
    assert answer(server, page)["answer"]["qa"] == [place(turns, turn, marked, "question")]


def test_a_long_press_takes_a_word_and_the_labels_come_to_it(serve: Serve) -> None:
    page, server = serve(width=390, height=844, options={"has_touch": True, "is_mobile": True})
    box = box_of(page, 0, "kettle")
    where = {"clientX": box["left"] + 8, "clientY": box["y"], "pointerType": "touch", "bubbles": True}
    bubble(page, 0).dispatch_event("pointerdown", where)
    page.locator("[data-part=palette]").get_by_text("question").tap()
    page.locator("[data-option=delivery_time]").tap()
    with page.expect_response("**/submit"):
        page.locator("[data-do=submit]").tap()
    assert server.submitted[0]["answer"]["qa"] == [place(CUSTOMER, 0, "kettle", "question")]


def test_what_a_finger_takes_hold_of_is_large_enough(serve: Serve) -> None:
    page, _ = serve(width=390, height=844, options={"has_touch": True, "is_mobile": True})
    press(page, "ArrowRight 1")
    for edge in ("start", "end"):
        size = page.locator(f".handle.{edge}").evaluate(
            "(one) => ['width', 'height'].map((side) => parseFloat(getComputedStyle(one, '::after')[side]))"
        )
        assert min(size) >= 44
    for button in page.locator("[data-field=qa] .bench-spans button").all():
        box = button.bounding_box()
        assert box is not None and box["height"] >= 44


def test_a_handle_can_be_dragged(serve: Serve) -> None:
    page, server = serve()
    press(page, "j ArrowRight 2")
    to = box_of(page, 1, "thanks for waiting")
    handle = page.locator(".handle.end").bounding_box()
    assert handle is not None
    page.mouse.move(handle["x"], handle["y"] + handle["height"] / 2)
    page.mouse.down()
    page.mouse.move(to["right"] - 1, to["y"], steps=6)
    page.mouse.up()
    press(page, "7")
    expected = place(CUSTOMER, 1, "Good morning [PERSON_1], thanks for waiting", "answer")
    assert answer(server, page)["answer"]["qa"] == [expected]


def test_undo_redo_remove_and_relabel(serve: Serve) -> None:
    page, server = serve()
    press(page, "ArrowRight 1 2")
    expect(page.locator("mark")).to_have_attribute("data-label", "answer")
    press(page, "u")
    expect(page.locator("mark")).to_have_attribute("data-label", "question")
    press(page, "] x")
    expect(page.locator("mark")).to_have_count(0)
    press(page, "u u u")
    expect(page.locator("mark")).to_have_count(0)
    press(page, "r r 7")
    sent = answer(server, page)
    assert sent["answer"]["qa"] == []
    actions = [edit["action"] for edit in sent["edits"]]
    assert actions[:4] == ["add", "relabel", "undo", "remove"]


def test_suggestions_are_dashed_and_become_answers_only_when_accepted(serve: Serve) -> None:
    page, server = serve(items=[{"turns": CUSTOMER, "suggestion": SUGGESTION}] * 3)
    expect(page.locator("mark.suggested")).to_have_attribute("data-label", "question 91 %")
    press(page, "7")
    assert answer(server, page)["answer"]["qa"] == []
    expect(page.locator("[data-item=item-2]")).to_be_visible()
    press(page, "j j a 7")
    sent = answer(server, page)
    assert sent["answer"]["qa"] == [{"turn": 2, "start": AT, "end": AT + len(ASKED), "label": "question"}]
    assert sent["answer"]["emotion"] == [{"turn": 2, "label": "annoyed"}]
    accepted = [edit for edit in sent["edits"] if edit["action"] == "accept"]
    assert [edit["confidence"] for edit in accepted] == [0.91, 0.78]


def test_a_suggestion_can_be_picked_and_refused(serve: Serve) -> None:
    page, server = serve(items=[{"turns": CUSTOMER, "suggestion": SUGGESTION}] * 3)
    press(page, "] x 7")
    expect(page.locator("mark")).to_have_count(0)
    sent = answer(server, page)
    assert [edit["action"] for edit in sent["edits"]][0] == "reject"


def test_overlapping_marks_are_stacked(serve: Serve) -> None:
    fields = [
        {"name": "qa", "type": "span", "labels": ["question", "answer"], "scope": "turn", "overlapping": True}
    ]
    page, server = serve(fields=fields)
    press(page, "ArrowRight Shift+ArrowRight Shift+ArrowRight 1 Escape ArrowRight Shift+ArrowRight 2")
    expect(page.locator("mark[data-level='1'] mark[data-level='0']").first).to_be_visible()
    assert len(answer(server, page)["answer"]["qa"]) == 2


def test_labels_are_found_by_searching(serve: Serve) -> None:
    page, server = serve()
    page.keyboard.press("/")
    page.keyboard.type("intent 14")
    page.keyboard.press("Enter")
    expect(page.locator("[data-option=other_intent_14]")).to_have_attribute("aria-checked", "true")
    assert answer(server, page)["answer"]["intent"] == ["other_intent_14"]


def test_skip_and_flag_carry_their_reason(serve: Serve) -> None:
    page, server = serve()
    page.keyboard.press("f")
    page.get_by_label("The text is broken").check()
    with page.expect_response("**/flag"):
        page.locator("#bench-flag .primary").click()
    page.keyboard.press("s")
    page.get_by_label("Or in your words").fill("I know these people")
    with page.expect_response("**/return"):
        page.keyboard.press("Enter")
    expect(page.locator("[data-item=item-2]")).to_be_visible()
    assert ("flag", {"kind": "broken", "comment": ""}) in [call[:2] for call in server.calls]
    assert ("return", {"reason": "I know these people"}) in [call[:2] for call in server.calls]


def test_what_is_marked_goes_with_the_flag(serve: Serve) -> None:
    page, server = serve()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("f")
    with page.expect_response("**/flag"):
        page.locator("#bench-flag .primary").click()
    [body] = [call[1] for call in server.calls if call[0] == "flag"]
    [span] = body.pop("spans")
    assert body == {"kind": "personal_data", "comment": ""}
    assert span["turn"] == 0 and 0 <= span["start"] < span["end"]


@pytest.mark.parametrize(
    "payload", [{"text": "One text alone. 😀 Fine?"}, {"pair": ["First one.", "Second one."]}]
)
def test_plain_texts_and_pairs(serve: Serve, payload: dict[str, Any]) -> None:
    fields = [
        {"name": "qa", "type": "span", "labels": ["question"], "scope": "turn"},
        {"name": "match", "type": "choice", "labels": ["yes", "no"], "scope": "dialogue", "required": True},
    ]
    page, server = serve(items=[payload] * 2, fields=fields)
    press(page, "ArrowLeft 1 3")
    word = "Fine" if "text" in payload else "one"
    text = payload.get("text") or payload["pair"][0]
    sent = answer(server, page)["answer"]
    assert sent == {"qa": [place([{"text": text}], 0, word, "question")], "match": "no"}


def test_screen_readers_get_the_marks_as_a_list(serve: Serve) -> None:
    page, _ = serve()
    press(page, "ArrowRight 1")
    expect(page.get_by_role("list", name="Marked: Questions and answers")).to_contain_text("question")
    expect(page.locator("[data-part=live]")).to_have_text("question: Hi")
