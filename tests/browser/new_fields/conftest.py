"""A page with a scale, a ranking or links on it, and how it is worked."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page

from tests.browser.fake_server import FakeServer

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


def ranking(page: Page) -> list[str]:
    return page.locator(".ranked-list .rank-row").evaluate_all("rows => rows.map((row) => row.dataset.id)")
