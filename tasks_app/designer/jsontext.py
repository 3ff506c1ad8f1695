"""A JSON text read with the place of every value, so that what is wrong can be marked where it stands.

The grammar is RFC 8259. What people bring along from JSON5 and JavaScript (comments, single quotes, names
without quotes, a comma too many or too few) is recognised, reported each in its own words, and read on past,
so that one look shows all of it. Offsets are code points, the end exclusive; lines and columns count from 1.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from tasks_app.fields.problem import step

MOST_CHARACTERS = 400_000
_DEEPEST = 60
_SPACE = " \t\n\r\ufeff\u00a0"
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])")
_WORD = re.compile(r"[^\W\d]\w*|[+-]?(?:Infinity|NaN)|[+-]?[.\d][\w.+-]*")
_LITERALS = {"true": True, "false": False, "null": None}
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One break of the grammar. `code` chooses the words, `found` goes into them."""

    code: str
    start: int
    end: int
    found: str = ""


@dataclass
class Reading:
    """`value` is None where reading broke off; `places` and `keys`: pointer -> (start, end)."""

    value: Any = None
    faults: list[Fault] = field(default_factory=list)
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)

    def place_of(self, pointer: str) -> tuple[int, int]:
        """Where `pointer` stands, or the nearest value around it that is there."""
        while pointer and pointer not in self.places:
            pointer = pointer.rpartition("/")[0]
        return self.places.get(pointer, (0, 0))


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def read_json(text: str) -> Reading:
    """The value of `text` with all places, and every fault; never raises."""
    if len(text) > MOST_CHARACTERS:
        return Reading(faults=[Fault("too_long", MOST_CHARACTERS, len(text))])
    reader = _Reader(text)
    try:
        reader.reading.value = reader.document()
    except _Stop:
        reader.reading.value = None
    return reader.reading


class _Stop(Exception):
    """Nothing sensible can be read after this."""


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.reading = Reading()

    def document(self) -> Any:
        value = self.value("", 0)
        self.skip()
        if self.at < len(self.text):
            self.fault("after_end", self.at, len(self.text))
        return value

    # -- telling -------------------------------------------------------------------------------------------

    def fault(self, code: str, start: int, end: int, found: str = "") -> None:
        self.reading.faults.append(Fault(code, start, max(end, start), found[:40]))

    def stop(self, code: str, start: int, found: str = "") -> _Stop:
        self.fault(code, start, min(start + 1, len(self.text)), found)
        return _Stop()

    # -- white space and what some put there ---------------------------------------------------------------

    @property
    def next(self) -> str:
        return self.text[self.at : self.at + 1]

    def skip(self) -> None:
        while self.at < len(self.text):
            if self.next in _SPACE:
                self.at += 1
            elif self.text.startswith(("//", "/*", "#"), self.at):
                self.comment()
            else:
                return

    def comment(self) -> None:
        start = self.at
        closing = "*/" if self.text.startswith("/*", start) else "\n"
        end = self.text.find(closing, start)
        self.at = len(self.text) if end < 0 else end + len(closing)
        self.fault("comment", start, self.at if closing == "*/" or end < 0 else end)

    # -- values ----------------------------------------------------------------------------------------------

    def value(self, pointer: str, depth: int) -> Any:
        self.skip()
        start = self.at
        if depth > _DEEPEST:
            raise self.stop("too_deep", start)
        if self.next == "{":
            found: Any = self.mapping(pointer, depth)
        elif self.next == "[":
            found = self.sequence(pointer, depth)
        elif self.next in ('"', "'"):
            found = self.string()
        else:
            found = self.scalar()
        self.reading.places[pointer] = (start, self.at)
        return found

    def scalar(self) -> Any:
        start = self.at
        if number := _NUMBER.match(self.text, start):
            self.at = number.end()
            return json.loads(number.group())
        word = _WORD.match(self.text, start)
        if word is None:
            code = "early_end" if start >= len(self.text) else "no_value"
            raise self.stop(code, start, self.next)
        self.at = word.end()
        if word.group() in _LITERALS:
            return _LITERALS[word.group()]
        self.fault("bare_word", start, self.at, word.group())
        return word.group()

    def string(self) -> str:
        start, quote, parts = self.at, self.next, []
        self.at += 1
        while self.next != quote:
            if not self.next or self.next == "\n":
                self.fault("open_string", start, self.at)
                raise _Stop
            parts.append(self.escape() if self.next == "\\" else self.character())
        self.at += 1
        if quote == "'":
            self.fault("single_quotes", start, self.at, "".join(parts))
        return "".join(parts)

    def character(self) -> str:
        found = self.next
        if found < " ":
            self.fault("control", self.at, self.at + 1)
        self.at += 1
        return found

    def escape(self) -> str:
        start, letter = self.at, self.text[self.at + 1 : self.at + 2]
        code = re.compile(r"(?:\\u[0-9a-fA-F]{4}){1,2}").match(self.text, start) if letter == "u" else None
        if code:
            self.at = code.end() if _is_pair(code.group()) else start + 6
            found: str = json.loads(f'"{self.text[start : self.at]}"')
            return found
        self.at += 2
        if letter not in _ESCAPES:
            self.fault("escape", start, self.at, self.text[start : self.at])
        return _ESCAPES.get(letter, letter)

    # -- lists and objects -----------------------------------------------------------------------------------

    def sequence(self, pointer: str, depth: int) -> list[Any]:
        found: list[Any] = []
        opened = self.at
        self.at += 1
        while self.more("]", opened, first=not found):
            found.append(self.value(step(pointer, len(found)), depth + 1))
        return found

    def mapping(self, pointer: str, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        opened = self.at
        self.at += 1
        while self.more("}", opened, first=not found):
            start = self.at
            key = self.key()
            inner = step(pointer, key)
            if key in found:
                self.fault("twice", start, self.at, key)
            self.reading.keys[inner] = (start, self.at)
            self.skip()
            self.colon(key)
            found[key] = self.value(inner, depth + 1)
        return found

    def more(self, closing: str, opened: int, *, first: bool) -> bool:
        """Past the comma: whether one more entry follows. A comma too many or too few is told, not fatal."""
        self.skip()
        comma = -1
        if self.next == "," and not first:
            comma = self.at
            self.at += 1
            self.skip()
        if self.next == closing:
            if comma >= 0:
                self.fault("last_comma", comma, comma + 1, closing)
            self.at += 1
            return False
        if self.at >= len(self.text):
            raise self.stop("open_bracket", opened, self.text[opened])
        if self.next in "]}:":
            raise self.stop("unexpected", self.at, self.next)
        if not first and comma < 0:
            self.fault("no_comma", self.at, self.at + 1)
        if self.next == ",":
            raise self.stop("comma_first", self.at)
        return True

    def key(self) -> str:
        if self.next in ('"', "'"):
            return self.string()
        word = _WORD.match(self.text, self.at)
        if word is None:
            raise self.stop("no_key", self.at, self.next)
        self.fault("bare_key", self.at, word.end(), word.group())
        self.at = word.end()
        return word.group()

    def colon(self, key: str) -> None:
        if self.next == ":":
            self.at += 1
            return
        if self.next == "=":
            self.fault("equals", self.at, self.at + 1)
            self.at += 1
            return
        raise self.stop("no_colon", self.at, key)


def _is_pair(escapes: str) -> bool:
    """Whether two \\u escapes are one character outside the first plane."""
    return len(escapes) == 12 and escapes[2:4].lower() in {"d8", "d9", "da", "db"}
