"""CoNLL: one token per line, one BIO column per span field; a blank line after each turn."""

from collections.abc import Iterator, Sequence
from typing import Any

from annotations.exporting.errors import CannotExport
from annotations.exporting.rows import Export, Row
from tasks_app.fields.bio import OUTSIDE, tags_of
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
        yield f"# id = {_one_line(row.id)}\n" + "".join(_turns(row, fields))


def _turns(row: Row, fields: Sequence[SpanField]) -> Iterator[str]:
    parts = zip(turn_speakers(row.payload), turn_texts(row.payload), strict=True)
    for turn, (speaker, text) in enumerate(parts):
        yield f"# turn = {turn}{f' {_one_line(speaker)}' if speaker else ''}\n"
        yield from _tokens(text, [_spans(row, field, turn) for field in fields])
        yield "\n"


def _tokens(text: str, spans: Sequence[list[dict[str, Any]]]) -> Iterator[str]:
    """One line a token. Most turns have nothing marked in them: their lines all end alike."""
    tokens = tokenize(text)
    words = [text[start:end] for start, end in tokens]
    if any(spans):
        columns = [tags_of(marked, tokens) for marked in spans]
        yield from ("\t".join(line) + "\n" for line in zip(words, *columns, strict=True))
    elif words:
        end = f"\t{OUTSIDE}" * len(spans) + "\n"
        yield end.join([*words, ""])


def _spans(row: Row, field: SpanField, turn: int) -> list[dict[str, Any]]:
    return [span for span in row.approved.get(field.name) or [] if span["turn"] == turn]


def _one_line(text: str) -> str:
    return " ".join(text.split())
