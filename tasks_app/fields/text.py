"""Free text for the whole item, such as the best reply."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from tasks_app.fields.base import Field, Judged, Payload, Posteriors, common_parts
from tasks_app.fields.config import ConfigReader
from tasks_app.fields.likeness import choose_text, text_distance
from tasks_app.fields.problem import InvalidAnswer, Problem
from tasks_app.fields.strings import is_storable, nfc

UNIT = "text"
LONGEST = 20_000


@dataclass(frozen=True, kw_only=True)
class TextField(Field):
    """Answer: a string, NFC, without white space at its ends; "" where it was left blank.

    One unit, "text", whose label is the text itself; texts that differ only in case, width, spacing or
    closing punctuation vote together. Distance: edit distance as a share of the longer text.
    """

    type: ClassVar[str] = "text"
    widget: ClassVar[str] = "text"
    head: ClassVar[str] = "text"
    method: ClassVar[str] = "majority"
    level: ClassVar[str] = "distance"
    keys: ClassVar[frozenset[str]] = Field.keys | {"max_length"}
    scopes: ClassVar[tuple[str, ...]] = ("dialogue", "pair")

    max_length: int = 2_000

    @classmethod
    def parse(cls, reader: ConfigReader) -> Self:
        return cls(
            **common_parts(reader, cls.scopes),
            required=reader.flag("required", default=True),
            max_length=reader.count("max_length", default=2_000, most=LONGEST),
        )

    def _own_json(self) -> dict[str, Any]:
        return {"max_length": self.max_length}

    def empty(self, payload: Payload) -> str:
        return ""

    def check(self, value: object, payload: Payload, pointer: str) -> str:
        text = nfc(value).strip() if isinstance(value, str) else ""
        if not isinstance(value, str) and not (value is None and not self.required):
            problem = Problem(pointer, "type", "Expected text.")
        elif not is_storable(text):
            problem = Problem(pointer, "character", "Remove NUL characters and lone surrogates.")
        elif len(text) > self.max_length:
            detail = f"{len(text)} characters; shorten it to {self.max_length}."
            problem = Problem(pointer, "length", detail)
        elif self.required and not text:
            problem = Problem(pointer, "required", "Write an answer.")
        else:
            return text
        raise InvalidAnswer([problem])

    def judgments(self, value: Any, payload: Payload) -> list[Judged]:
        return [(UNIT, value)]

    def decode(self, posteriors: Posteriors, payload: Payload) -> tuple[str, float]:
        return choose_text(posteriors.get(UNIT, {}))

    def distance(self, a: Any, b: Any, payload: Payload) -> float:
        return text_distance(a, b)
