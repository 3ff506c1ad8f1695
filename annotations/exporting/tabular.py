"""CSV: one line per item, one column per field; lists as JSON."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from annotations.exporting.encoding import to_json
from annotations.exporting.rows import Export, Row
from common.spreadsheet import BYTE_ORDER_MARK, neutral
from tasks_app.fields.payload import turn_speakers, turn_texts


def write(export: Export) -> Iterator[str]:
    """Begins with a byte order mark, without which spreadsheets misread everything that is not ASCII."""
    names = [field.name for field in export.fields]
    ranked = "candidates" in export.payload_kinds()
    header = ["id", "group", "language", "split", "text", *(["candidates"] if ranked else [])]
    for name in names:
        header += [name, f"{name} (confidence)"]
    everything = export.which == "all"
    lines = _Lines()
    yield BYTE_ORDER_MARK + lines.line([*header, *(["states", "answers"] if everything else [])])
    for row in export.rows():
        yield lines.line(_cells(row, names, ranked=ranked, everything=everything))


def _cells(row: Row, names: Iterable[str], *, ranked: bool, everything: bool) -> list[str | int]:
    cells: list[str | int] = [row.id, row.group, row.language, row.split, _text(row)]
    if ranked:
        cells.append(_cell(row.payload.get("candidates")))
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


def _cell(value: Any) -> str | int:
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, int):
        return value
    return to_json(value)


class _Lines:
    """One writer and one buffer for all lines of a file."""

    def __init__(self) -> None:
        self._buffer = io.StringIO()
        self._writer = csv.writer(self._buffer)

    def line(self, cells: Iterable[str | int]) -> str:
        # A number is no formula, also when it begins with a minus.
        self._writer.writerow([neutral(cell) if isinstance(cell, str) else cell for cell in cells])
        text = self._buffer.getvalue()
        self._buffer.seek(0)
        self._buffer.truncate()
        return text
