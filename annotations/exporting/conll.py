"""CoNLL: one token per line, one BIO column per span field; a blank line after each turn."""

from collections.abc import Iterator, Sequence
from typing import Any

from annotations.exporting.errors import CannotExport
from annotations.exporting.rows import Export, Row
from tasks_app.fields.bio import tags_of
from tasks_app.fields.payload import turn_speakers, turn_texts
from tasks_app.fields.span import SpanField
from tasks_app.fields.tokens import tokenize


def write(export: Export) -> Iterator[str]:
    fields = [field for field in export.fields if isinstance(field, SpanField)]
    if not fields:
        raise CannotExport("CoNLL is for marked text, and this project has no span field. Use jsonl or csv.")
    return _lines(export, fields)


def _lines(export: Export, fields: Sequence[SpanField]) -> Iterator[str]:
    yield f"# columns = token {' '.join(field.name for field in fields)}\n"
    for row in export.rows():
        yield f"# id = {_one_line(row.id)}\n"
        yield from _turns(row, fields)


def _turns(row: Row, fields: Sequence[SpanField]) -> Iterator[str]:
    parts = zip(turn_speakers(row.payload), turn_texts(row.payload), strict=True)
    for turn, (speaker, text) in enumerate(parts):
        tokens = tokenize(text)
        columns = [tags_of(_spans(row, field, turn), tokens) for field in fields]
        yield f"# turn = {turn}{f' {_one_line(speaker)}' if speaker else ''}\n"
        for index, (start, end) in enumerate(tokens):
            yield "\t".join([text[start:end], *(column[index] for column in columns)]) + "\n"
        yield "\n"


def _spans(row: Row, field: SpanField, turn: int) -> list[dict[str, Any]]:
    return [span for span in row.approved.get(field.name) or [] if span["turn"] == turn]


def _one_line(text: str) -> str:
    return " ".join(text.split())
