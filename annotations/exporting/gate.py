"""Exports pass the gate once more on their way out: detectors have learned since the texts came in."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from privacy.pii.beside import replace_beside
from privacy.pii.payload import redact_payload
from tasks_app.fields.base import Field
from tasks_app.fields.payload import turn_texts
from tasks_app.fields.texts import gate_texts
from tasks_app.importing.lines import carry_value

if TYPE_CHECKING:
    from annotations.exporting.rows import Row

# `keep` says that the data is public; invented stand-ins look like what they stand for, and would go as well.
RESCANNED = frozenset({"placeholder", "mask", "drop"})


def clean_row(row: "Row", fields: Sequence[Field], policy: str, counts: Counter[str]) -> "Row":
    """The row with what is found replaced by placeholders, its labels moved along; adds to `counts`."""
    if policy not in RESCANNED:
        return row
    found = redact_payload(
        row.payload, turn_texts(row.payload), policy="placeholder", secret=b"", language=row.language
    )
    counts.update(found.counts)
    texts = turn_texts(found.payload)

    def carry(turn: int, start: int, end: int) -> tuple[int, int]:
        return found.maps[turn].span(start, end)

    def clean(text: str) -> str:
        made, kinds = replace_beside(text, texts=texts)
        counts.update(kinds)
        return made

    def carried(value: dict[str, Any]) -> dict[str, Any]:
        return gate_texts(fields, carry_value(fields, value, carry) if found.counts else value, clean)

    return replace(
        row,
        payload=found.payload,
        approved=carried(row.approved),
        answers=tuple(replace(one, value=carried(one.value)) for one in row.answers),
    )
