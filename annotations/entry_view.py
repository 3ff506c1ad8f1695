"""One field of one item, with everybody's answers, as the review page shows it."""

import json
from collections.abc import Sequence
from typing import Any

from annotations import presenting, reviewing
from annotations.differences import difference
from annotations.doubt import doubts
from annotations.shown import Shown, shown
from tasks_app import categories
from tasks_app import selectors as tasks_selectors
from tasks_app.fields.base import Field
from tasks_app.fields.payload import turn_texts
from tasks_app.fields.scale import ScaleField

_MOST_BUTTONS = 11


def entry_view(entry: reviewing.ReviewEntry) -> dict[str, Any]:
    """What the review page shows of one field of one item, by the field's kind."""
    row, payload = entry.consensus, entry.item.payload
    shape = next(f for f in tasks_selectors.current_fields(row.project) if f.name == row.field)
    answers = [
        {
            "view": answer,
            "json": json.dumps(answer.value, ensure_ascii=False),
            "shown": shown(shape, answer.whole.get(shape.name), payload, answer.whole),
            "difference": difference(shape, answer.whole, entry.truth, payload),
        }
        for answer in entry.answers
    ]
    by_turn = shape.scope == "turn" and shape.type != "span"
    return {
        "row": row,
        "item": entry.item,
        "json": json.dumps(row.value, ensure_ascii=False, indent=1),
        "shape": shape,
        "answers": answers,
        "shown": Shown(presenting.words(shape, row.value))
        if shape.type == "span"  # its marks are in the dialogue
        else shown(shape, row.value, payload, entry.beside),
        "doubts": doubts(shape, row.posterior, payload),
        "marked": _marked_texts(shape, payload, entry.beside),
        "turns": _dialogue(shape, row.value, payload, entry.beside),
        "turn_rows": presenting.turn_rows(shape, [a.value for a in entry.answers], row.value, payload)
        if by_turn
        else [],
        "categories": categories.parse(row.project.error_categories),
        "history": entry.history,
        "reviewers": {"decided": entry.decided, "needed": row.project.reviewers_needed},
        "approves_itself_at": entry.approves_itself_at,
        "labels": [
            {"json": json.dumps(name), "title": presenting.title_of(shape, str(name))}
            for name in _one_of(shape)
        ],
    }


def _dialogue(shape: Field, value: Any, payload: dict[str, Any], beside: dict[str, Any]) -> list[Any]:
    """The item's turns, with the marks that the value is, or is about."""
    if shape.type == "span":
        return presenting.marked(shape, value, payload)
    if shape.refers:
        return presenting.marked(shape, beside.get(shape.refers[0]), payload)
    return presenting.turns_of(payload)


def _marked_texts(shape: Field, payload: dict[str, Any], beside: dict[str, Any]) -> list[Any]:
    """The spans that a relation's indexes count, for who corrects one by hand."""
    texts = turn_texts(payload)
    return [
        {
            "field": name,
            "texts": [texts[s["turn"]][s["start"] : s["end"]] for s in beside.get(name) or []],
        }
        for name in shape.refers
    ]


def _one_of(shape: Field) -> Sequence[str | int]:
    """What a reviewer can choose from with one key."""
    if shape.scope == "turn" or getattr(shape, "multi", False):
        return ()
    if isinstance(shape, ScaleField):
        return shape.points if len(shape.points) <= _MOST_BUTTONS else ()
    return shape.labels if shape.type == "choice" else ()
