"""Exports pass the gate once more on their way out: detectors have learned since the texts came in."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from privacy.pii.beside import replace_beside
from privacy.pii.learned import Learned
from privacy.pii.payload import redact_payload
from tasks_app.fields.base import Field
from tasks_app.fields.payload import turn_texts
from tasks_app.fields.texts import gate_texts
from tasks_app.importing.lines import carry_value

if TYPE_CHECKING:
    from annotations.exporting.rows import Row

# `keep` says that the data is public; invented stand-ins look like what they stand for, and would go as well.
RESCANNED = frozenset({"placeholder", "mask", "drop"})


def clean_row(
    row: "Row", fields: Sequence[Field], policy: str, counts: Counter[str], learned: Learned, scope: str
) -> "Row":
    """The row with what is found replaced by placeholders, its labels moved along; adds to `counts`.

    learned: what people have found; a reading of all items for it may not have come to this one.
    """
    if policy not in RESCANNED:
        return row
    own = turn_texts(row.payload)
    read = [*own, *(one["text"] for one in row.payload.get("candidates", []))]
    found = redact_payload(
        row.payload, own, policy="placeholder", secret=b"", language=row.language, scope=scope,
        proposed=[learned.find(text) for text in read] if learned else None,
    )  # fmt: skip
    counts.update(found.counts)
    texts = turn_texts(found.payload)

    def carry(turn: int, start: int, end: int) -> tuple[int, int]:
        return found.maps[turn].span(start, end)

    def clean(text: str) -> str:
        known = [(text[one.start : one.end], one.kind) for one in learned.find(text)]
        originals = [_stands_for(value, kind) for value, kind in known]
        made, kinds = replace_beside(text, texts=texts, originals=originals)
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


def _stands_for(value: str, kind: str) -> dict[str, str]:
    return {"place": "learned", "value": value, "kind": kind, "replacement": f"[{kind}]"}
