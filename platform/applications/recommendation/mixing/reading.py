"""Lines of catalogue items and interactions, out of JSON Lines or CSV with a header."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Line:
    """number: from 1, as an editor counts. problem: why it cannot be read; `row` is empty then."""

    number: int
    row: dict[str, Any]
    problem: str = ""


def lines_of(content: bytes, name: str) -> Iterator[Line]:
    """By the file's name: .csv, else JSON Lines. What is not UTF-8 is one bad line."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].count(b"\n")
        yield Line(before + 1, {}, "not UTF-8")
        return
    yield from _of_csv(text) if name.lower().endswith(".csv") else _of_json(text)


def _of_csv(text: str) -> Iterator[Line]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        for row in reader:
            wrong = None in row or None in row.values()
            problem = "another number of columns than the header has" if wrong else ""
            yield Line(reader.line_num, {} if wrong else {key: value for key, value in row.items() if value},
                       problem)  # fmt: skip
    except csv.Error as error:
        yield Line(reader.line_num, {}, str(error))


def _of_json(text: str) -> Iterator[Line]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            yield Line(number, {}, f"no JSON: {error}")
            continue
        yield Line(number, row, "") if isinstance(row, dict) else Line(number, {}, "no JSON object")
