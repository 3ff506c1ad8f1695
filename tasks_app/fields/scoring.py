"""How near an answer comes to the known truth. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from tasks_app.fields.base import Field, Payload


def scores(
    fields: Sequence[Field], answer: Mapping[str, Any], truth: Mapping[str, Any], payload: Payload
) -> dict[str, float]:
    """Field -> 1 - distance to the truth, for the fields whose truth is known."""
    return {
        field.name: 1.0 - _distance(field, answer, truth, payload) for field in fields if field.name in truth
    }


def _distance(field: Field, answer: Mapping[str, Any], truth: Mapping[str, Any], payload: Payload) -> float:
    given = answer.get(field.name, field.empty(payload))
    said, known = field.resolve(given, answer), field.resolve(truth[field.name], truth)
    return field.distance(said, known, payload)
