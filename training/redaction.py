"""What a prediction may keep of the text it was asked about: the text with personal data replaced."""

from collections.abc import Mapping
from dataclasses import astuple
from itertools import islice
from typing import Any

from privacy.pii.finding import Scope
from privacy.pii.learned import Learned
from privacy.pii.offsets import Edit, OffsetMap
from privacy.pii.redactor import Redactor
from privacy.pii.texts import Texts

Payload = dict[str, Any]


def redact_payload(
    payload: Mapping[str, Any], scope: Scope = "direct", learned: Learned | None = None
) -> tuple[Payload, list[OffsetMap]]:
    """The payload with placeholders in its texts and speakers' names, and a map of offsets per turn.

    `learned` finds what people have found missed in the project before.
    """
    texts = Texts.of(payload)
    # Names before candidates: in this order placeholders get their numbers.
    names = [name for name in texts.speakers if name]
    parts = (texts.turns, names, texts.candidates)
    everything = [text for part in parts for text in part]
    known = [learned.find(text) for text in everything] if learned else None
    redacted = Redactor("placeholder", scope=scope).redact_turns(everything, known)
    found = iter(redacted.texts)
    turns, new_names, candidates = (list(islice(found, len(part))) for part in parts)
    nameless = texts.speakers[: len(texts.speakers) - len(names)]  # "", and in a sorted list it is the first
    content = Texts(turns, candidates, [*nameless, *new_names]).put_into(payload)
    maps = redacted.maps[: len(turns)]
    if spans := payload.get("beside"):
        content["beside"] = {name: carry(marks, maps) for name, marks in spans.items()}
    return content, maps


def redact_text(text: str, learned: Learned | None = None) -> str:
    return Redactor("placeholder").redact_turns([text], [learned.find(text)] if learned else None).texts[0]


def carry(value: Any, maps: list[OffsetMap]) -> Any:
    """A field's answer with the offsets of its spans, if it has any, carried over to the redacted text."""
    if not isinstance(value, list):
        return value
    return [_carry_mark(mark, maps) for mark in value]


def _carry_mark(mark: Any, maps: list[OffsetMap]) -> Any:
    if not isinstance(mark, dict) or not {"turn", "start", "end"} <= set(mark):
        return mark
    turn, start, end = mark["turn"], mark["start"], mark["end"]
    if not all(type(place) is int for place in (turn, start, end)) or not 0 <= turn < len(maps):
        return mark  # the field's own check says what is wrong with it
    new_start, new_end = maps[turn].span(start, end)
    return {**mark, "start": new_start, "end": new_end}


def maps_to_json(maps: list[OffsetMap]) -> list[list[list[int]]]:
    return [[list(astuple(edit)) for edit in one.edits] for one in maps]


def maps_from_json(raw: list[list[list[int]]]) -> list[OffsetMap]:
    return [OffsetMap(tuple(Edit(*edit) for edit in edits)) for edits in raw]
