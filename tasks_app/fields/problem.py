"""What is wrong in a schema, an answer or a payload: the pure core's own errors, translated at the edges."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


class Said(str):
    """English words that remember what stands in them, so that the edges can say them in another language."""

    template: str
    values: Mapping[str, object]


def said(template: str, **values: object) -> Said:
    """`template` is a message of the catalogue, with places such as %(most)s for `values`."""
    words = Said(template % values if values else template)
    words.template, words.values = template, values
    return words


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong. `pointer` is a JSON pointer (RFC 6901); `detail` says what to do about it."""

    pointer: str
    code: str
    detail: str


class Rejected(ValueError):
    """Carries every problem that was found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.pointer or '/'}: {p.detail}" for p in self.problems))


class InvalidField(Rejected):
    """A project's answer schema cannot be used as it is."""


class InvalidAnswer(Rejected):
    """An answer does not fit its schema or its item."""


class InvalidPayload(Rejected):
    """An item's content cannot be shown or stored."""


def step(pointer: str, key: object) -> str:
    """`pointer` extended by one key, escaped as RFC 6901 asks, and cut so that a huge key stays readable."""
    return f"{pointer}/{str(key)[:80].replace('~', '~0').replace('/', '~1')}"
