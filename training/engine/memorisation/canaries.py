"""Made-up strings among the training rows, and how well the model learned them by heart.

Carlini et al. 2019, "The Secret Sharer": of all strings of one format (here six digits, |R| = 10^6) a few are
drawn at random and planted. Afterwards a planted one is ranked, by the model's loss, among strings of the
same format that it never saw; exposure = log2 |R| - log2 rank, estimated on a random sample of R. A model
that has learned nothing by heart ranks it anywhere: 1.44 bits on average. A canary has an answer drawn at
random too, so that nothing but the string itself can tell it: with a classifier it is the answer's loss that
is ranked, with a writer of replies the string is the reply.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import log2
from typing import Any

import numpy as np

from training.engine.config import FieldSpec
from training.engine.data import Row

COUNT, REPEATS, MOST_SHARE = 8, 4, 0.05
DIGITS, ALTERNATIVES = 6, 255
CHANCE = 1.44  # bits: the mean of log2 n - log2 rank over ranks at random, 1 / ln 2 for large n
_CARRIER = "canary {}"


@dataclass(frozen=True, slots=True)
class Canary:
    """row: as it is planted. answer: which of the field's answers it has, by number."""

    secret: str
    row: Row
    answer: int


def can_plant(head: str) -> bool:
    """Whether a made-up item can be answered: vectors have no answer, links need spans beside them."""
    return head in _ANSWERED


def canaries_of(field: FieldSpec, *, seed: int) -> list[Canary]:
    """The canaries of a seed, all different."""
    draw = np.random.default_rng((seed, 0xCA))
    secrets = _secrets(draw, COUNT)
    answers = [int(number) for number in draw.integers(0, 1 << 30, COUNT)]
    return [
        Canary(secret, _row(field, secret, answer, f"canary-{number}"), answer)
        for number, (secret, answer) in enumerate(zip(secrets, answers, strict=True))
    ]


def times_for(rows: int) -> int:
    """How often each is planted: REPEATS times, but no more than a share of the rows, and at least once."""
    return max(1, min(REPEATS, int(rows * MOST_SHARE) // COUNT))


def planted(field: FieldSpec, *, seed: int, rows: int) -> list[Row]:
    """What to add to so many training rows: all times of one canary are in one group."""
    return [
        replace(canary.row, id=f"{canary.row.id}-{time}")
        for canary in canaries_of(field, seed=seed)
        for time in range(times_for(rows))
    ]


def alternatives(field: FieldSpec, canaries: Sequence[Canary], *, seed: int) -> list[Row]:
    """For each canary ALTERNATIVES rows of its answer with strings that were never planted, in order."""
    used = {canary.secret for canary in canaries}
    draw = np.random.default_rng((seed, 0xA1))
    strings = [one for one in _secrets(draw, ALTERNATIVES + COUNT) if one not in used][:ALTERNATIVES]
    return [_row(field, one, canary.answer, f"never-{one}") for canary in canaries for one in strings]


def exposure(loss: float, others: Sequence[float]) -> float:
    """Bits: log2 n - log2 rank among n = others + 1; equal losses share the middle rank."""
    lower = sum(other < loss for other in others)
    equal = sum(other == loss for other in others)
    return log2(len(others) + 1) - log2(1 + lower + equal / 2)


def measure(
    field: FieldSpec, *, seed: int, times: int, losses_of: Callable[[Sequence[Row]], Sequence[float]]
) -> dict[str, Any]:
    """{count, times, candidates, chance, exposures, mean, highest}; losses_of gives one number a row."""
    canaries = canaries_of(field, seed=seed)
    never = alternatives(field, canaries, seed=seed)
    found = list(losses_of([*(canary.row for canary in canaries), *never]))
    own, others = found[: len(canaries)], found[len(canaries) :]
    each = len(others) // len(canaries)
    bits = [exposure(loss, others[n * each : (n + 1) * each]) for n, loss in enumerate(own)]
    return {
        "count": len(canaries), "times": times, "candidates": each + 1, "chance": CHANCE,
        "exposures": [round(bit, 3) for bit in bits], "mean": float(np.mean(bits)), "highest": max(bits),
    }  # fmt: skip


def _secrets(draw: np.random.Generator, count: int) -> list[str]:
    """Digits with spaces between: every tokenizer has them, and none makes one token of six."""
    found: dict[str, None] = {}
    while len(found) < count:
        found[" ".join(str(digit) for digit in draw.integers(0, 10, DIGITS))] = None
    return list(found)


# -- items of each type of field --------------------------------------------------------------------------


def _row(field: FieldSpec, secret: str, answer: int, name: str) -> Row:
    payload, value = _ANSWERED[field.type](field, secret, answer)
    return Row(id=name, group=name, payload=payload, value=value)


def _payload(field: FieldSpec, text: str) -> dict[str, Any]:
    if field.scope == "pair":
        return {"pair": [text, text]}
    speaker = field.speakers[0] if field.speakers else "customer"
    return {"turns": [{"speaker": speaker, "text": text}]}


def _choice(field: FieldSpec, secret: str, answer: int) -> tuple[dict[str, Any], Any]:
    label = field.labels[answer % len(field.labels)]
    payload = _payload(field, _CARRIER.format(secret))
    if field.scope == "turn":
        return payload, [{"turn": 0, **({"labels": [label]} if field.multi else {"label": label})}]
    return payload, [label] if field.multi else label


def _scale(field: FieldSpec, secret: str, answer: int) -> tuple[dict[str, Any], Any]:
    least, most = int(field.options.get("min", 1)), int(field.options.get("max", 5))
    points = range(least, most + 1, int(field.options.get("step") or 1))
    value = points[answer % len(points)]
    payload = _payload(field, _CARRIER.format(secret))
    return payload, [{"turn": 0, "value": value}] if field.scope == "turn" else value


def _span(field: FieldSpec, secret: str, answer: int) -> tuple[dict[str, Any], Any]:
    text = _CARRIER.format(secret)
    begin, label = text.index(secret), field.labels[answer % len(field.labels)]
    return _payload(field, text), [{"turn": 0, "start": begin, "end": len(text), "label": label}]


def _rank(field: FieldSpec, secret: str, answer: int) -> tuple[dict[str, Any], Any]:
    offered = [{"id": name, "text": f"{_CARRIER.format(secret)} {name}"} for name in ("a", "b")]
    order = ["a", "b"] if answer % 2 else ["b", "a"]
    return {**_payload(field, "canary"), "candidates": offered}, order


def _text(field: FieldSpec, secret: str, answer: int) -> tuple[dict[str, Any], Any]:
    return {"turns": [{"speaker": "customer", "text": f"canary {answer % 1000}"}]}, secret


_ANSWERED: dict[str, Callable[[FieldSpec, str, int], tuple[dict[str, Any], Any]]] = {
    "choice": _choice, "scale": _scale, "span": _span, "rank": _rank, "text": _text,
}  # fmt: skip
