"""Values that speak of another field's value in the same item, kept right when that one changes."""

from collections.abc import Mapping, Sequence
from typing import Any

from annotations.models import Consensus
from tasks_app.fields.base import Field

Rows = Mapping[str, Consensus]  # field -> consensus of one item
Values = Mapping[str, Any]  # field -> value


def restate(fields: Sequence[Field], rows: Rows, spoken_of: Mapping[str, Values]) -> list[Consensus]:
    """Make each row that refers to others say the same of their present values; returns those that changed.

    `spoken_of`: field -> the values that its row was made for.
    """
    now = {name: row.value for name, row in rows.items()}
    changed = []
    for field in fields:
        if not field.refers or field.name not in rows:
            continue
        row, before = rows[field.name], spoken_of[field.name]
        if any(before.get(name) != now.get(name) for name in field.refers):
            row.value = now[field.name] = field.refer(field.resolve(row.value, before), now)
            changed.append(row)
    return changed


def certain(field: Field, value: Any, values: Values, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The posterior of a value that nobody doubts."""
    judgments = field.judgments(field.resolve(value, values), payload)
    return {unit: {label: 1.0} for unit, label in judgments}
