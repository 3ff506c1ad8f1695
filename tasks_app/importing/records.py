"""Reading a file of records one at a time, in bounded memory, from any place in it. Pure: no Django.

A record that cannot be read comes out as a Broken with the reason, so that the import goes on after it.
"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import ijson

from tasks_app.importing.terms import consent_of


@dataclass(frozen=True, slots=True)
class Record:
    """`number` counts from 1 (a line of JSON Lines, a data row of CSV, an element of an array); `end` is the
    byte offset behind it in JSON Lines and 0 elsewhere."""

    number: int
    end: int
    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Raw:
    """A line of JSON Lines that nobody has looked into."""

    number: int
    end: int
    line: bytes


@dataclass(frozen=True, slots=True)
class Broken:
    number: int
    end: int
    detail: str


@dataclass
class Batch:
    """Records that are stored together: `read` in all, up to byte `end`."""

    lines: list[Raw] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    read: int = 0
    end: int = 0


Records = Iterator[Record | Broken]
Lines = Iterator[Raw | Broken]
_TOO_DEEP = "Not JSON: nested too deeply, or a number too long."
FORMATS = ("jsonl", "json", "csv")


class UnreadableFile(ValueError):
    """Nothing more can be read from the file; what was read before stays imported."""


def read(stream: BinaryIO, format: str, *, offset: int, skip: int, max_bytes: int) -> Lines:
    """The records of `stream` as lines of JSON, whatever the format.

    A continued import passes its byte `offset` (JSON Lines) and what to `skip`.
    """
    if format == "jsonl":
        return read_lines(stream, offset=offset, number=skip, max_bytes=max_bytes)
    return map(_as_line, _records(stream, format, skip, max_bytes))


def batches(found: Lines, *, most: int, most_bytes: int) -> Iterator[Batch]:
    """`most` records together, or fewer when they are large."""
    batch, size = Batch(), 0
    for one in found:
        batch.read += 1
        batch.end = one.end
        if isinstance(one, Broken):
            batch.broken.append(one)
        else:
            batch.lines.append(one)
            size += len(one.line)
        if batch.read == most or size >= most_bytes:
            yield batch
            batch, size = Batch(), 0
    if batch.read:
        yield batch


def _records(stream: BinaryIO, format: str, skip: int, max_bytes: int) -> Records:
    if format == "json":
        return read_array(stream, skip=skip)
    return read_csv(stream, skip=skip, max_bytes=max_bytes)


def _as_line(record: Record | Broken) -> Raw | Broken:
    if isinstance(record, Broken):
        return record
    try:
        return Raw(record.number, record.end, json.dumps(record.value).encode())
    except RecursionError:
        return Broken(record.number, record.end, _TOO_DEEP)


def read_lines(stream: BinaryIO, *, offset: int = 0, number: int = 0, max_bytes: int) -> Lines:
    stream.seek(offset)
    end = offset
    while line := stream.readline(max_bytes + 1):
        number += 1
        end += len(line)
        if len(line) > max_bytes and not line.endswith(b"\n"):
            end += _skip_line(stream, max_bytes)
            yield Broken(number, end, f"The line is longer than {max_bytes:,} bytes. Split the item.")
        elif line.strip(b" \t\r\n\xef\xbb\xbf"):
            yield Raw(number, end, line)


def _skip_line(stream: BinaryIO, chunk: int) -> int:
    """Read on to the end of an overlong line, a bounded piece at a time. Returns how many bytes that were."""
    skipped = 0
    while piece := stream.readline(chunk):
        skipped += len(piece)
        if piece.endswith(b"\n"):
            break
    return skipped


def parse(raw: Raw) -> Record | Broken:
    """What the line says, or why it cannot be read."""
    line, number, end = raw.line, raw.number, raw.end
    try:
        value = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return Broken(
            number, end, f"Not UTF-8 at byte {error.start + 1} of the line. Save the file as UTF-8."
        )
    except json.JSONDecodeError as error:
        return Broken(number, end, f"Not JSON: {error.msg} at column {error.colno}.")
    except (RecursionError, ValueError):
        return Broken(number, end, _TOO_DEEP)
    if not isinstance(value, dict):
        return Broken(number, end, 'Expected an object such as {"id": "1", "turns": [...]}.')
    return Record(number, end, value)


def read_array(stream: BinaryIO, *, skip: int = 0) -> Records:
    stream.seek(0)
    number = 0
    try:
        for value in ijson.items(stream, "item", use_float=True):
            number += 1
            if number <= skip:
                continue
            if isinstance(value, dict):
                yield Record(number, 0, value)
            else:
                yield Broken(number, 0, 'Expected an object such as {"id": "1", "turns": [...]}.')
    except (ijson.JSONError, UnicodeDecodeError) as error:
        # The rest of its message repeats what stands there.
        what = str(error).partition("\n")[0].rstrip(". ")
        raise UnreadableFile(f"The file is not a JSON array after element {number}: {what}.") from None
    if number == 0:
        raise UnreadableFile("The file holds no JSON array of items. Expected [{...}, {...}].")


def read_csv(stream: BinaryIO, *, skip: int = 0, max_bytes: int) -> Records:
    """Columns: id, text; or text_a and text_b for a pair; or turns (JSON); candidates (JSON).

    `gold.<field>`, `approved.<field>`, group, subject, language and split are understood, others become meta.
    """
    stream.seek(0)
    csv.field_size_limit(max_bytes)
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="strict", newline="")
    number = 0
    try:
        for row in csv.DictReader(text):
            number += 1
            if number > skip:
                yield _csv_record(row, number)
    except UnicodeDecodeError as error:
        raise UnreadableFile(
            f"Row {number + 1} is not UTF-8 ({error.reason}). Save the file as UTF-8."
        ) from None
    except csv.Error as error:
        raise UnreadableFile(f"Row {number + 1} cannot be read as CSV: {error}.") from None
    finally:
        text.detach()


def _csv_record(row: dict[str, Any], number: int) -> Record | Broken:
    if None in row:
        return Broken(number, 0, "The row has more cells than the header. Put quotes around commas.")
    value: dict[str, Any] = {"meta": {}}
    try:
        for column, cell in row.items():
            _put(value, column.strip(), cell or "")
    except json.JSONDecodeError as error:
        return Broken(number, 0, f"A cell that should be a list is not JSON: {error.msg}.")
    pair = [value.pop("text_a", None), value.pop("text_b", None)]
    if None not in pair:
        value["pair"] = pair
    return Record(number, 0, value)


def _put(value: dict[str, Any], column: str, cell: str) -> None:
    kind, _dot, field = column.partition(".")
    if kind in {"gold", "approved"} and field:
        if cell:
            value.setdefault(kind, {})[field] = _cell(cell)
    elif column == "turns" or column == "candidates" and cell:
        value[column] = json.loads(cell)
    elif column in {"id", "text", "text_a", "text_b", "group", "subject", "language", "split"}:
        if cell or column.startswith("text"):
            value[column] = cell
    elif column in {"licence", "consent"}:
        if cell:
            value[column] = consent_of(cell) if column == "consent" else cell
    elif cell:
        value["meta"][column] = cell


def _cell(cell: str) -> Any:
    """A label as it is, or JSON where the field's answer is a list."""
    return json.loads(cell) if cell.startswith("[") else cell
