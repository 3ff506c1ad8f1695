"""The part of an analysis that suspects labels: approved answers that models of the other items contradict.

Choices of one label are judged as they are; of several labels each label by itself, yes or no. A turn is
judged by its own text, an item by the mean of its turns' vectors. Of spans it is judged turn by turn whether
each label occurs, not where its span begins and ends. Other types are left out and said to be.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from tasks_app.fields.base import BLANK, WHOLE, Field
from tasks_app.fields.choice import NO, YES
from tasks_app.fields.payload import turn_texts
from training.analysis.confident import LEAST, cross_probabilities, folds_of, suspects
from training.analysis_data import Analysed, Source
from training.analysis_parts import Found, Options, Outcome, Tick

LEAST_UNITS = 50  # labelled items or turns; from fewer nothing can be told
PAIRS_SHOWN = 20
_VECTORS = 0.6
_TYPES = {"choice", "span"}


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing that was labelled. first..last: its rows among the vectors, last not included."""

    item: UUID
    group: str
    turn: int | None
    first: int
    last: int


def run(source: Source, options: Options, tick: Tick) -> Outcome:
    """data: {count, fields: {name: {type, units, found, noise, pairs: [[given, suggested, n]]} or
    {type, left_out: "type"|"few"}}}; findings: kind is the field's name, score the doubt."""
    vectors = source.vectors(lambda share: tick(share * _VECTORS))
    data: dict[str, Any] = {}
    found: list[Found] = []
    width = (1 - _VECTORS) / max(1, len(source.fields))
    for number, field in enumerate(source.fields):
        begin = _VECTORS + number * width
        figures, mine = _judge(source, field, vectors, options, _within(tick, begin, width))
        data[field.name] = figures
        found += mine
    return Outcome({"count": len({one.item for one in found}), "fields": data}, found)


def _within(tick: Tick, begin: float, width: float) -> Tick:
    return lambda share: tick(begin + share * width)


def _judge(
    source: Source, field: Field, vectors: Any, options: Options, tick: Tick
) -> tuple[dict[str, Any], list[Found]]:
    if field.type not in _TYPES:
        return {"type": field.type, "left_out": "type"}, []
    units, given = _units(source, field)
    if len(units) < LEAST_UNITS:
        return {"type": field.type, "left_out": "few"}, []
    matrix = _matrix(units, vectors)
    folds = folds_of([one.group for one in units], int(options["folds"]))
    found: list[Found] = []
    wrong = 0.0
    for number, (label, verdicts) in enumerate(given.items()):
        part = number / len(given)
        noise, mine = _problem(
            field, label, units, verdicts, matrix, folds, _within(tick, part, 1 / len(given))
        )
        wrong += noise
        found += mine
    pairs = Counter((one.evidence["given"], one.evidence["suggested"]) for one in found)
    common = [[*pair, count] for pair, count in pairs.most_common(PAIRS_SHOWN)]
    noise = wrong / max(1, len(given))
    return {
        "type": field.type, "units": len(units), "found": len(found), "noise": noise, "pairs": common,
    }, found  # fmt: skip


def _problem(
    field: Field, label: str, units: Sequence[Unit], verdicts: Sequence[str], matrix: Any, folds: Any,
    tick: Tick,
) -> tuple[float, list[Found]]:  # fmt: skip
    """One choice among labels, or one label's yes or no: the estimated noise, and what is suspected."""
    names = sorted(set(verdicts))
    if sum(count >= LEAST for count in Counter(verdicts).values()) < 2:
        return 0.0, []
    code = {name: number for number, name in enumerate(names)}
    given = np.array([code[one] for one in verdicts], dtype=np.int64)
    shares = cross_probabilities(matrix, given, folds, len(names), tick)
    suspected = suspects(shares, given)
    found = [
        Found(
            field.name, units[place].item, round(doubt, 4), units[place].turn,
            _evidence(label, names[given[place]], names[other], shares[place, given[place]],
                      shares[place, other]),
        )
        for place, other, doubt in zip(
            suspected.places.tolist(), suspected.suggested.tolist(), suspected.doubt.tolist(), strict=True
        )
    ]  # fmt: skip
    return suspected.noise, found


def _evidence(label: str, given: str, suggested: str, before: float, after: float) -> dict[str, Any]:
    """Of a yes or no the label itself is told: given "refund", suggested "" (not refund), and the reverse."""
    told = {YES: label, NO: "", BLANK: ""} if label else {BLANK: ""}
    return {
        "given": told.get(given, given), "suggested": told.get(suggested, suggested),
        "given_share": round(float(before), 4), "suggested_share": round(float(after), 4),
    }  # fmt: skip


def _units(source: Source, field: Field) -> tuple[list[Unit], dict[str, list[str]]]:
    """What was labelled, and each unit's verdict by problem: "" for a choice of one label, else the label."""
    units: list[Unit] = []
    given: dict[str, list[str]] = {}
    row = 0
    for item in source.items():
        count = len(turn_texts(item.payload))
        if field.name in item.values:
            for unit, verdicts in _labelled(field, item, row, count):
                units.append(unit)
                for label, verdict in verdicts.items():
                    given.setdefault(label, []).append(verdict)
        row += count
    return units, given


def _labelled(field: Field, item: Analysed, row: int, count: int) -> Iterator[tuple[Unit, dict[str, str]]]:
    places: dict[str, dict[str, str]] = {}
    value = item.values[field.name]
    judged = (
        _span_judgments(field, item, value) if field.type == "span" else field.judgments(value, item.payload)
    )
    for unit, verdict in judged:
        place, _colon, label = unit.partition(":")
        places.setdefault(place, {})[label] = verdict
    for place, verdicts in places.items():
        if place == WHOLE:
            yield Unit(item.item, item.group, None, row, row + count), verdicts
        else:
            turn = int(place)
            yield Unit(item.item, item.group, turn, row + turn, row + turn + 1), verdicts


def _span_judgments(field: Field, item: Analysed, value: Any) -> list[tuple[str, str]]:
    there = {(span["turn"], span["label"]) for span in value or ()}
    return [
        (f"{turn}:{label}", YES if (turn, label) in there else NO)
        for turn in field.turns(item.payload)
        for label in field.labels
    ]


def _matrix(units: Sequence[Unit], vectors: Any) -> NDArray[np.float32]:
    """(U, D) unit vectors; a unit of several turns is their mean."""
    found = np.empty((len(units), vectors.shape[1]), dtype=np.float32)
    for place, one in enumerate(units):
        found[place] = vectors[one.first : one.last].mean(axis=0)
    found /= np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
    return found
