"""What one value of a field has that another has not, in words that people read."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from annotations import presenting
from tasks_app.fields.base import Field, Payload
from tasks_app.fields.links import Linked
from tasks_app.fields.payload import turn_texts

_MOST_QUOTED = 80
Values = Mapping[str, Any]  # field -> value


@dataclass(frozen=True, slots=True)
class Difference:
    """`distance` 0..1 as the field measures it; `extra` is only in the answer, `lacking` in the truth."""

    distance: float
    extra: tuple[str, ...]
    lacking: tuple[str, ...]

    @property
    def differs(self) -> bool:
        return bool(self.extra or self.lacking)


def difference(shape: Field, answer: Values, truth: Values, payload: Payload) -> Difference:
    """One field of an answer seen from what is held to be right. Both whole: fields may speak of others."""
    here, there = _resolved(shape, answer, payload), _resolved(shape, truth, payload)
    mine, theirs = dict(_parts(shape, here, payload)), dict(_parts(shape, there, payload))
    return Difference(
        distance=shape.distance(here, there, payload),
        extra=tuple(words for key, words in mine.items() if key not in theirs),
        lacking=tuple(words for key, words in theirs.items() if key not in mine),
    )


def _resolved(shape: Field, values: Values, payload: Payload) -> Any:
    value = values.get(shape.name)
    return shape.resolve(shape.empty(payload) if value is None else value, values)


def _parts(shape: Field, value: Any, payload: Payload) -> Iterable[tuple[str, str]]:
    """What a value is made of, each with its words. An order is one part: its places mean nothing singly."""
    if isinstance(value, Linked):
        for source, target, label in value.links:
            ends = f"{_quoted(source, payload)} → {_quoted(target, payload)}"
            yield json.dumps([source, target, label]), f"{presenting.title_of(shape, label)}: {ends}"
    elif isinstance(value, list) and shape.type != "rank":
        for one in value:
            yield json.dumps(one, sort_keys=True), _words(shape, one, payload)
    elif value not in (None, "", []):
        yield json.dumps(value), presenting.words(shape, value)


def _words(shape: Field, one: Any, payload: Payload) -> str:
    if isinstance(one, Mapping) and {"start", "end", "label"} <= one.keys():
        return f"{presenting.title_of(shape, one['label'])}: {_quoted(one, payload)}"
    return presenting.words(shape, [one])


def _quoted(span: Mapping[str, Any], payload: Payload) -> str:
    text = turn_texts(payload)[span.get("turn", 0)][span["start"] : span["end"]]
    return f"“{text}”" if len(text) <= _MOST_QUOTED else f"“{text[:_MOST_QUOTED]}…”"
