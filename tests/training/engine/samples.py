"""Made-up rows, quick settings, and reading back what a run wrote."""

import json
from pathlib import Path
from typing import Any

from training.engine.data import Row

SPAN_FIELD = {"name": "thing", "type": "span", "labels": ["color", {"name": "size", "title": "Size"}]}
CHOICE_FIELD = {"name": "intent", "type": "choice", "labels": ["cancel", "track", "refund"]}
SCALE_FIELD = {"name": "tone", "type": "scale", "min": 1, "max": 5}
RANK_FIELD = {"name": "best", "type": "rank", "required": True}
QA_FIELD = {"name": "qa", "type": "span", "labels": ["question", "answer"]}
LINK_FIELD = {
    "name": "links", "type": "relation", "labels": ["answers"], "from": "qa", "to": "qa",
    "from_labels": ["answer"], "to_labels": ["question"],
}  # fmt: skip
QUICK: dict[str, Any] = {
    "epochs": 2, "learning_rate": 5e-3, "head_learning_rate": 1e-2, "threads": 1, "precision": "fp32",
    "device": "cpu", "log_every": 1, "batch_examples": 4, "max_length": 64, "stride": 8,
}  # fmt: skip


def span_rows(count: int, *, prefix: str = "") -> list[Row]:
    """Turns with a colour and a size in varying places."""
    rows = []
    for number in range(count):
        color, size = ("blue", "red", "green")[number % 3], ("small", "large")[number % 2]
        text = f"{'hello ' * (number % 5)}i want {size} one , {color} please"
        spans = [
            {"turn": 0, "start": text.index(word), "end": text.index(word) + len(word), "label": label}
            for word, label in ((size, "size"), (color, "color"))
        ]
        rows.append(Row(id=f"{prefix}{number}", payload={"text": text}, value=spans))
    return rows


def choice_rows(count: int, *, prefix: str = "") -> list[Row]:
    texts = {
        "cancel": "please cancel my order",
        "track": "where is the parcel",
        "refund": "i want my money back",
    }
    labels = list(texts)
    return [
        Row(
            id=f"{prefix}{number}", value=labels[number % 3],
            payload={"turns": [
                {"speaker": "agent", "text": "hello " * (1 + number % 4)},
                {"speaker": "customer", "text": texts[labels[number % 3]] + " thanks" * (number % 3)},
            ]},
        )
        for number in range(count)
    ]  # fmt: skip


TONES = {1: "money back refund", 2: "cancel my order", 3: "where is it", 4: "hello please", 5: "thanks bye"}


def scale_rows(count: int, *, prefix: str = "") -> list[Row]:
    """Customers from angry (1) to grateful (5), in words that the tiny model knows."""
    return [
        Row(id=f"{prefix}{number}", value=1 + number % 5,
            payload={"text": f"{TONES[1 + number % 5]} {['one', 'two', 'three'][number % 3]}"})
        for number in range(count)
    ]  # fmt: skip


def rank_rows(count: int, *, prefix: str = "") -> list[Row]:
    """Three replies to a customer, of which the grateful one is best and the unfriendly one worst."""
    replies = {"a": "thanks for the order", "b": "hello please one two three", "c": "no money back"}
    orders = ("abc", "cab", "bca", "cba")
    return [
        Row(id=f"{prefix}{number}", value=["a", "b", "c"],
            payload={"turns": [{"speaker": "customer", "text": f"where is {('my', 'order')[number % 2]}"}],
                     "candidates": [{"id": one, "text": replies[one]} for one in orders[number % 4]]})
        for number in range(count)
    ]  # fmt: skip


def link_rows(count: int, *, prefix: str = "") -> list[Row]:
    """Two questions and two answers, of which one is answered and one answers; the others hang loose."""
    rows = []
    for number in range(count):
        asked = ["refund", "cafe"] if number % 2 else ["cafe", "refund"]
        told = ["money", "hello"] if number % 4 < 2 else ["hello", "money"]
        texts = [f"where is my {asked[0]} , the {asked[1]}", f"{told[0]} come back , {told[1]} bye"]
        spans = [_span(texts, 0, word, "question") for word in asked]
        spans += [_span(texts, 1, word, "answer") for word in told]
        turns = [{"speaker": "customer", "text": texts[0]}, {"speaker": "agent", "text": texts[1]}]
        link = {"from": 2 + told.index("money"), "to": asked.index("refund"), "label": "answers"}
        rows.append(
            Row(id=f"{prefix}{number}", payload={"turns": turns, "beside": {"qa": spans}}, value=[link])
        )
    return rows


def _span(texts: list[str], turn: int, word: str, label: str) -> dict[str, Any]:
    start = texts[turn].index(word)
    return {"turn": turn, "start": start, "end": start + len(word), "label": label}


def events(folder: Path, kind: str) -> list[dict[str, Any]]:
    lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [event for event in map(json.loads, lines) if event["event"] == kind]


def losses(folder: Path) -> dict[int, float]:
    """Loss by step; of a repeated step the last one counts."""
    return {event["step"]: event["loss"] for event in events(folder, "step")}
