"""Labelled JSON Lines, as they are imported, for a test outside of any project."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tasks_app.fields.payload import PAYLOAD_KEYS, check_payload
from tasks_app.fields.problem import InvalidPayload
from training.engine.data import Row, write_arrow


class Unreadable(ValueError):
    """The file cannot be used; the message names the line."""


def to_arrow(source: Path, field: str, target: Path) -> Path:
    """Write the lines of `source` that have an approved (or gold) answer of `field` as the engine's rows."""
    if not write_arrow(target, _rows(source, field)):
        raise Unreadable(f"{source}: no line has an answer of the field {field!r} under “approved”.")
    return target


def languages_in(source: Path) -> dict[str, str]:
    """Row id -> language, for the lines that say theirs; the ids are those of `to_arrow`."""
    with source.open(encoding="utf-8") as stream:
        records = ((n, _record(source, n, line)) for n, line in enumerate(stream, start=1) if line.strip())
        said = [(str(record.get("id") or n), record.get("language")) for n, record in records]
        return {name: str(language) for name, language in said if language}


def _rows(source: Path, field: str) -> Iterator[Row]:
    with source.open(encoding="utf-8") as stream:
        for number, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            record = _record(source, number, line)
            truth = record.get("approved") or record.get("gold") or {}
            if field not in truth:
                continue
            try:
                payload = check_payload({key: record[key] for key in PAYLOAD_KEYS if key in record})
            except InvalidPayload as invalid:
                raise Unreadable(f"{source}, line {number}: {invalid}") from None
            # What a relation links is another field's answer; nothing else looks at it.
            beside = {name: value for name, value in truth.items() if name != field and type(value) is list}
            payload |= {"beside": beside} if beside else {}
            yield Row(id=str(record.get("id") or number), payload=payload, value=truth[field])


def _record(source: Path, number: int, line: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise Unreadable(f"{source}, line {number}: no valid JSON: {error}") from None
    if not isinstance(record, dict):
        raise Unreadable(f"{source}, line {number}: not an object.")
    return record
