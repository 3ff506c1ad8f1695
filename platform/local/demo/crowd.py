"""A simulated crowd: 24 people of known, different skill who answer from the hidden truth as they see it.

Nobody errs by dice alone. Each unit of work has a difficulty that all people share, errors go to labels
that are easily confused, and each person has habits: marks whole turns, overlooks questions without a
question mark, calls every return a refund. That is what real crowds look like, and what an estimate of each
person's confusions can undo while a vote cannot. Same seed, same answers, in any order.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from local.demo.dice import difficulty, seeded
from local.demo.marking import Habits, mark_spans

Kind = Literal["expert", "ordinary", "sloppy", "biased", "spammer"]
Turns = Sequence[Mapping[str, str]]

# (kind, people, intent, emotion): the share that is right on work of middling difficulty.
_GROUPS: tuple[tuple[Kind, int, float, float], ...] = (
    ("expert", 6, 0.96, 0.95),
    ("ordinary", 6, 0.76, 0.78),
    ("sloppy", 5, 0.70, 0.72),
    ("biased", 5, 0.52, 0.55),
    ("spammer", 2, 0.10, 0.25),
)
_CONFUSED = {
    "delivery_time": "complaint", "refund": "return", "return": "refund", "change_details": "cancel",
    "cancel": "refund", "payment": "refund", "product_question": "return", "complaint": "refund",
    "calm": "pleased", "pleased": "calm", "worried": "calm", "annoyed": "worried",
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    """One worker. `intent`, `emotion`: chances of being right; `bias`: the share of errors made by habit."""

    name: str
    kind: Kind
    intent: float
    emotion: float
    habits: Habits
    bias: float
    pace: float  # seconds per turn


def crowd(size: int = 24) -> tuple[Person, ...]:
    """The people, in a fixed order that mixes the kinds; fewer than 24 keep the proportions roughly."""
    people = [
        _person(kind, number, intent, emotion)
        for kind, count, intent, emotion in _GROUPS
        for number in range(1, count + 1)
    ]
    seeded("order").shuffle(people)
    return tuple(people[:size])


def _person(kind: Kind, number: int, intent: float, emotion: float) -> Person:
    rng = seeded(f"{kind}-{number}")
    sway = rng.uniform(-0.03, 0.03)
    habits = {
        "expert": Habits(miss=0.03, slip=0.05, eager=0.02, style="loose"),
        "ordinary": Habits(miss=0.16, slip=0.22, eager=0.14, style="loose"),
        "sloppy": Habits(miss=0.14, slip=0.75, eager=0.20, style="narrow" if number % 2 else "wide"),
        "biased": Habits(miss=0.28, slip=0.25, eager=0.55, style="loose", blind_to_indirect=number % 2 == 0),
        "spammer": Habits(miss=0.6, slip=0.9, eager=0.5, style="wide", careless=True),
    }[kind]
    bias = {"biased": 0.9, "spammer": 1.0}.get(kind, 0.3)
    pace = {"expert": 3.2, "spammer": 0.6}.get(kind, rng.uniform(2.0, 4.5))
    return Person(f"{kind}-{number}", kind, intent + sway, emotion + sway, habits, bias, pace)


def answer(
    person: Person,
    item_id: str,
    turns: Turns,
    truth: Mapping[str, Any],
    labels: Mapping[str, Sequence[str]],
    seed: int = 1,
) -> dict[str, Any]:
    """What a person says about an item.

    `truth` (field -> value) must be aligned to the `turns` as shown; `labels` has those of each choice field.
    """
    rng = seeded(f"{seed}:{person.name}:{item_id}")
    given: dict[str, Any] = {}
    for name, value in truth.items():
        if name in labels and isinstance(value, str):
            given[name] = _choose(person, person.intent, value, labels[name], f"{item_id}:{name}", rng)
        elif name in labels:
            unit = f"{item_id}:{name}"
            given[name] = [
                {**one, "label": _turn_label(person, one, labels[name], unit, rng)} for one in value
            ]
        else:
            given[name] = mark_spans(person.habits, turns, value, item_id, rng)
    return given


def seconds_for(person: Person, item_id: str, turns: Turns) -> float:
    """How long the person is said to have worked on an item."""
    rng = seeded(f"pace:{person.name}:{item_id}")
    return round(person.pace * len(turns) * rng.uniform(0.7, 1.5), 1)


def _turn_label(
    person: Person, one: Mapping[str, Any], labels: Sequence[str], unit: str, rng: random.Random
) -> str:
    return _choose(person, person.emotion, one["label"], labels, f"{unit}:{one['turn']}", rng)


def _choose(
    person: Person, skill: float, true: str, labels: Sequence[str], unit: str, rng: random.Random
) -> str:
    if person.kind == "spammer" and rng.random() < 0.85:
        return _favourite(person, labels)
    # difficulty is 1/3 on average, so that a person of skill s is right in a share s of all work
    wrong = min(0.95, (1 - skill) * (0.4 + 1.8 * difficulty(unit)))
    if rng.random() >= wrong:
        return true
    others = [label for label in labels if label != true] or [true]
    if rng.random() < person.bias:
        return _habitual(person, true, labels)
    tempting = _CONFUSED.get(true, others[0])
    return tempting if tempting in others and rng.random() < 0.5 else rng.choice(others)


def _favourite(person: Person, labels: Sequence[str]) -> str:
    return labels[seeded(f"favourite:{person.name}").randrange(len(labels))]


def _habitual(person: Person, true: str, labels: Sequence[str]) -> str:
    """The label this person always mistakes a certain label for."""
    others = [label for label in labels if label != true] or [true]
    return seeded(f"habit:{person.name}:{true}").choice(others)
