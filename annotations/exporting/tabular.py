"""CSV: one line per item, one column per field; lists as JSON."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from annotations.exporting.rows import Export, Row
from tasks_app.fields.payload import turn_speakers, turn_texts

# A spreadsheet runs a cell that begins with one of these as a formula (OWASP, "CSV injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(export: Export) -> Iterator[str]:
    """Begins with a byte order mark, without which spreadsheets misread everything that is not ASCII."""
    names = [field.name for field in export.fields]
    header = ["id", "group", "language", "split", "text"]
    for name in names:
        header += [name, f"{name} (confidence)"]
    everything = export.which == "all"
    yield "\ufeff" + _line([*header, *(["states", "answers"] if everything else [])])
    for row in export.rows():
        yield _line(_cells(row, names, everything=everything))


def _cells(row: Row, names: Iterable[str], *, everything: bool) -> list[str]:
    cells = [row.id, row.group, row.language, row.split, _text(row)]
    for name in names:
        sure = row.confidence.get(name)
        cells += [_cell(row.approved.get(name)), "" if sure is None else str(sure)]
    if everything:
        cells += [
            _cell(row.states),
            _cell([{"annotator": a.annotator, "value": a.value} for a in row.answers]),
        ]
    return cells


def _text(row: Row) -> str:
    parts = zip(turn_speakers(row.payload), turn_texts(row.payload), strict=True)
    return "\n".join(f"{speaker}: {text}" if speaker else text for speaker, text in parts)


def _cell(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)


def _line(cells: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([neutral(cell) for cell in cells])
    return buffer.getvalue()


def neutral(cell: str) -> str:
    """The cell as text, also to a spreadsheet: what looks like a formula gets an apostrophe in front."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
