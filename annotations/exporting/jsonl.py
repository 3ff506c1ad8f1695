"""JSON Lines: the same shape that the import reads, so that an export of one project feeds another."""

from collections.abc import Iterator
from typing import Any

from annotations.exporting.encoding import to_json
from annotations.exporting.rows import Export, Row


def write(export: Export) -> Iterator[str]:
    for row in export.rows():
        yield to_json(line_of(row)) + "\n"


def line_of(row: Row) -> dict[str, Any]:
    optional = {"group": row.group, "language": row.language, "split": row.split}
    line: dict[str, Any] = {"id": row.id, **row.payload, **{k: v for k, v in optional.items() if v}}
    line |= row.terms
    if row.approved:
        line["approved"] = row.approved
    line["confidence"] = row.confidence
    if row.states:
        line["states"] = row.states
    if row.answers:
        line["answers"] = [
            {"annotator": a.annotator, "value": a.value, "seconds": a.seconds, "state": a.state}
            for a in row.answers
        ]
    return line
