"""Rows that journeys start from."""

from typing import Any

from accounts.models import User
from tasks_app.models import Project
from tests.factories import make_items, make_project

QA: dict[str, Any] = {
    "name": "qa",
    "type": "span",
    "title": "Questions and answers",
    "scope": "turn",
    "required": False,
    "labels": ["question", "answer"],
}
EMOTION: dict[str, Any] = {
    "name": "emotion",
    "type": "choice",
    "title": "Emotion",
    "scope": "turn",
    "speakers": ["customer"],
    "required": True,
    "labels": ["calm", "pleased", "annoyed"],
}
INTENT: dict[str, Any] = {
    "name": "intent",
    "type": "choice",
    "title": "Intent",
    "scope": "dialogue",
    "required": True,
    "labels": ["refund", "delivery", "other"],
}
REPLY: dict[str, Any] = {"name": "reply", "type": "text", "title": "Best reply", "required": False}
FIELDS = (QA, EMOTION, INTENT, REPLY)


def dialogue(number: int) -> dict[str, Any]:
    """Every turn has characters that are two or more code units before what is marked in it."""
    return {
        "turns": [
            {"speaker": "customer", "text": f"😀 Hi there! Where is my parcel {number}?"},
            {"speaker": "agent", "text": "👩‍👩‍👧 Good news: it arrives tomorrow."},
            {"speaker": "customer", "text": "𠮷野家好的，谢谢你 👍🏽"},
        ]
    }


def dialogues(number: int, *, owner: User | None = None, **settings: Any) -> Project:
    """A published project with `number` dialogues and a field of every kind that works."""
    wanted = {"fields": FIELDS, "instructions": "Mark, **choose**, write.", "gold_share": 0.0, **settings}
    project = make_project(owner, **wanted)
    make_items(project, number, payloads=[dialogue(n) for n in range(number)])
    return project
