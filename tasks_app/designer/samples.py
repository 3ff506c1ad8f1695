"""Something to try a schema on: the gallery's own items, or what a requester pastes."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tasks_app.fields.base import Field
from tasks_app.fields.payload import PAYLOAD_KEYS, check_payload
from tasks_app.fields.problem import InvalidPayload, Problem, said
from tasks_app.fields.schema import check_fit
from tasks_app.gallery import catalogue as gallery

_TURN = re.compile(r"\s*([^\s:：][^:：\n]{0,29}?)\s*[:：]\s*(.+)")
_FALLBACKS = ("customer-service", "rank-replies", "recommendation")


def read_sample(text: str) -> dict[str, Any]:
    """Pasted text as an item's payload; raises InvalidPayload.

    A JSON object is taken as an item; lines that begin with a speaker and a colon are turns; two parts with a
    line of dashes between them are a pair; all else is one text.
    """
    text = text.strip()
    if text.startswith("{"):
        try:
            raw = json.loads(text)
        except (ValueError, RecursionError):
            problem = Problem(
                "", "json", said("This begins like JSON and is none. Paste an item of an import file.")
            )
            raise InvalidPayload([problem]) from None
        return check_payload({key: value for key, value in raw.items() if key in PAYLOAD_KEYS})
    lines = [line for line in text.splitlines() if line.strip()]
    parts = [part.strip() for part in re.split(r"(?m)^-{3,}\s*$", text)]
    if len(parts) == 2 and all(parts):
        return check_payload({"pair": parts})
    turns = [_TURN.fullmatch(line) for line in lines]
    if len(lines) > 1 and all(turns):
        return check_payload(
            {"turns": [{"speaker": one[1], "text": one[2]} for one in turns if one is not None]}
        )
    return check_payload({"text": text})


def sample_lines(template: str) -> list[dict[str, Any]]:
    """The lines of a template's sample file; empty where it has none."""
    found = [one.sample for one in gallery.templates() if one.name == template]
    path: Path | None = found[0] if found else None
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path else []


def sample_payloads(template: str, fields: Sequence[Field] = (), *, most: int = 5) -> list[dict[str, Any]]:
    """Sample items that these fields can be asked about: the template's own, else some of another."""
    for name in dict.fromkeys((template, *_FALLBACKS)):
        payloads = [payload_of(line) for line in sample_lines(name)]
        fitting = [payload for payload in payloads if not check_fit(fields, payload)]
        if fitting:
            return fitting[:most]
    return []


def payload_of(line: dict[str, Any]) -> dict[str, Any]:
    return check_payload({key: value for key, value in line.items() if key in PAYLOAD_KEYS})
