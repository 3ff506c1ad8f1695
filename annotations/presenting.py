"""Answers as people read them: marks in their turns, labels by turn, words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from common.templatetags.show import label_title
from tasks_app.fields.base import Field
from tasks_app.fields.payload import turn_speakers, turn_texts


@dataclass(frozen=True)
class ShownTurn:
    """One turn of an item with the marks that somebody made in it; `labels` are those of the whole turn."""

    number: int
    speaker: str
    text: str
    other: bool
    parts: list[dict[str, Any]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)


def turns_of(payload: Mapping[str, Any]) -> list[ShownTurn]:
    speakers = turn_speakers(payload)
    first = speakers[0] if speakers else None
    return [
        ShownTurn(number, speaker or "", text, other=speaker != first)
        for number, (speaker, text) in enumerate(zip(speakers, turn_texts(payload), strict=True))
    ]


def words(shape: Field, value: Any) -> str:
    """A value in one line, such as a label, or “turn 3: annoyed”; for spans how many there are."""
    if value in (None, "", []):
        return _("nothing")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return title_of(shape, value)
    if shape.type == "rank":
        return " > ".join(value)
    if shape.type == "relation":
        return _("%(n)d linked") % {"n": len(value)}
    if all(isinstance(one, str) for one in value):
        return ", ".join(title_of(shape, one) for one in value)
    if shape.type == "span":
        return _("%(n)d marked") % {"n": len(value)}
    return ", ".join(f"{one['turn'] + 1}: {turn_words(shape, one)}" for one in value)


def turn_words(shape: Field, mark: Mapping[str, Any]) -> str:
    if "value" in mark:
        return str(mark["value"])
    found = mark["labels"] if "labels" in mark else [mark["label"]]
    return " + ".join(title_of(shape, one) for one in found)


def title_of(shape: Field, label: str) -> str:
    return next((label_title(option) for option in shape.options if option.name == label), label)


def marked(shape: Field, value: Any, payload: Mapping[str, Any]) -> list[ShownTurn]:
    """The item's turns with a span field's marks cut into parts; a turn without marks has none."""
    turns = turns_of(payload)
    spans = sorted(value or [], key=lambda span: (span["turn"], span["start"], span["end"]))
    return [
        ShownTurn(
            turn.number,
            turn.speaker,
            turn.text,
            turn.other,
            _parts(shape, turn.text, [span for span in spans if span.get("turn", 0) == turn.number]),
        )
        for turn in turns
    ]


def _parts(shape: Field, text: str, spans: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    at = 0
    for span in spans:
        start, end = max(span["start"], at), span["end"]
        if start >= end:
            continue  # overlaps one that is shown already; the list of values has it
        if text[at:start]:
            parts.append({"text": text[at:start]})
        color = shape.labels.index(span["label"]) % 8 + 1 if span["label"] in shape.labels else 8
        parts.append({"text": text[start:end], "label": title_of(shape, span["label"]), "color": color})
        at = end
    if parts and text[at:]:
        parts.append({"text": text[at:]})
    return parts


@dataclass(frozen=True)
class TurnRow:
    """One turn of a turn-scope field: what each annotator said there, and whether they differ."""

    turn: ShownTurn
    said: list[str]
    consensus: str
    differ: bool


def turn_rows(shape: Field, values: Sequence[Any], agreed: Any, payload: Mapping[str, Any]) -> list[TurnRow]:
    """A row for every turn that anybody labelled, values in the order given."""

    def by_turn(value: Any) -> dict[int, str]:
        return {mark["turn"]: turn_words(shape, mark) for mark in value or []}

    maps, truth = [by_turn(value) for value in values], by_turn(agreed)
    rows = []
    for turn in turns_of(payload):
        said = [one.get(turn.number, "–") for one in maps]
        if any(turn.number in one for one in [*maps, truth]):
            rows.append(TurnRow(turn, said, truth.get(turn.number, "–"), len(set(said)) > 1))
    return rows
