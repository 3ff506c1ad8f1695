"""Which secret goes in where: a file to import, and what people type and upload while the loop runs."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.leaks.secrets import Secret, take

FIELDS = [
    {"name": "intent", "type": "choice", "labels": ["refund", "delivery", "other"], "required": True},
    {"name": "qa", "type": "span", "labels": ["question", "answer"], "required": False},
    {"name": "reply", "type": "text", "required": False},
]
# What else is said, different enough that no two dialogues count as the same.
_OPENINGS = {
    "refund": ["Please give my money back for the", "I want a refund because of the", "Take back this"],
    "delivery": ["Nobody has brought the", "When will you bring me the", "Still waiting for the"],
    "other": ["Do you also repair a", "How do I clean the", "Is there a manual for a"],
}
_THINGS = [
    "lamp", "sofa", "kettle", "bicycle", "carpet", "mirror", "radio", "tent", "ladder", "freezer", "pillow",
    "camera", "printer", "heater",
]  # fmt: skip
_ENDS = ["that broke", "in the garden", "with three legs", "for my kitchen", "made of oak", "since spring"]
_PER_ITEM = 3  # secrets in one dialogue
_LEAST_ITEMS = 60  # what a run needs in order to train


@dataclass
class Script:
    """`lines` are imported. The others are typed, each into its own place."""

    lines: list[bytes] = field(default_factory=list)
    replies: list[Secret] = field(default_factory=list)
    comments: list[Secret] = field(default_factory=list)  # flags, returns, reasons, appeals
    asked: list[Secret] = field(default_factory=list)  # of a model
    feedback: list[Secret] = field(default_factory=list)
    searched: list[Secret] = field(default_factory=list)  # typed into a search field
    faults: list[Secret] = field(default_factory=list)  # in an error with a traceback
    file_name: Secret | None = None


def write_script(secrets: Sequence[Secret]) -> Script:
    """Share the secrets out. Every place gets some; the dialogues get what is left."""
    left = list(secrets)
    few = max(2, len(left) // 30)
    script = Script()
    script.file_name = take(left, lambda one: one.kind == "PERSON" and one.language == "en", 1)[0]
    for name in ("replies", "comments", "asked", "feedback", "searched", "faults"):
        setattr(script, name, take(left, lambda one: "\n" not in one.value, few))
    script.lines = [*_broken(take(left, lambda one: True, few)), *_items(left, few)]
    return script


def _broken(secrets: Sequence[Secret]) -> Iterator[bytes]:
    """Lines that cannot be read, each in another way."""
    for number, one in enumerate(secrets):
        ways: list[Any] = [
            f'{{"id": "x{number}", "text": "{one.said}"'.encode(),
            _line({"id": f"y{number}", "text": "Hello.", "gold": {"intent": one.value}}),
            _line({"id": f"z{number}", "turns": [{"speaker": "a", one.value: "b"}]}),
            _line({"id": f"w{number}", "text": "Hello.", "split": one.value}),
            _line({one.value: "text"}),
        ]
        yield ways[number % len(ways)] + b"\n"


def _items(left: list[Secret], few: int) -> Iterator[bytes]:
    speakers = take(left, lambda one: one.kind == "PERSON" and one.language == "en", few)
    metas = take(left, lambda one: one.kind in {"PERSON", "EMAIL", "PHONE"}, few)
    names = take(left, lambda one: one.kind in {"EMAIL", "PHONE", "IBAN"}, few)
    offered = take(left, lambda one: True, few)
    labels = list(_OPENINGS)
    for number in range(max(_LEAST_ITEMS, -(-len(left) // _PER_ITEM))):
        label = labels[number % len(labels)]
        mine = left[number * _PER_ITEM : (number + 1) * _PER_ITEM]
        customer = speakers[number].value if number < len(speakers) else "customer"
        turns = [{"speaker": customer, "text": _filler(label, number)}]
        turns += [{"speaker": customer, "text": one.said} for one in mine]
        line: dict[str, Any] = {"id": f"d{number}", "turns": turns, "language": _language(mine)}
        if number < len(metas):
            line["meta"] = {_meta_key(metas[number]): metas[number].value, "channel": "chat"}
        if number < len(names):
            line["group"] = names[number].value
        if number < len(offered):
            line["candidates"] = [{"id": "a", "text": offered[number].said}, {"id": "b", "text": "Sorry."}]
        if number % 3:
            line["split"] = "test" if number % 12 == 1 else "train"
            line["approved"] = {"intent": label, "qa": [], "reply": ""}
        yield _line(line) + b"\n"


def _filler(label: str, number: int) -> str:
    openings = _OPENINGS[label]
    thing, end = _THINGS[number % len(_THINGS)], _ENDS[number // 3 % len(_ENDS)]
    return f"{openings[number // 2 % len(openings)]} {thing} {end}."


def _language(secrets: Sequence[Secret]) -> str:
    """Nothing where both are mixed: then every detector reads."""
    spoken = {one.language for one in secrets}
    return spoken.pop() if len(spoken) == 1 else ""


def _meta_key(secret: Secret) -> str:
    return {"PERSON": "customer_name", "EMAIL": "email"}.get(secret.kind, "phone")


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
