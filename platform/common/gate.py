"""The gate that everything passes which a person types: personal data goes, before the row is written.

Columns for such text are `TypedChar` and `TypedText`, so no way of writing a row can go around it; a test
asks each text column for its kind, or for the reason why it needs no gate. The app that finds personal data
is above this one; it sets the gate from `AppConfig.ready`.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import models

Replace = Callable[[str], tuple[str, Counter[str]]]
# Names, ids and single words of code are not scanned: most strings in JSON are.
_CODE = re.compile(r"[a-z0-9_.:/+\-]{0,80}\Z")
# A telephone number, a card or an address of the network looks like code and is none; a date stays one.
_NUMBER = re.compile(r"(?!\d{4}-\d\d-\d\d\b)\+?\d[\d./:+\-]{5,}[\dx]\Z")
_CURRENCY = re.compile(r"[A-Z]{3}\Z")  # ISO 4217
_replaced: ContextVar[Counter[str] | None] = ContextVar("replaced", default=None)


def _as_typed(text: str) -> tuple[str, Counter[str]]:
    return text, Counter()


_gate: list[Replace] = [_as_typed]


def set_gate(replace: Replace) -> None:
    _gate[0] = replace


def through_gate(text: str) -> str:
    """The text with personal data replaced by placeholders. A second time changes nothing."""
    if not text:
        return text
    clean, kinds = _gate[0](text)
    note_replaced(kinds)
    return clean


def json_through_gate(value: Any) -> Any:
    """JSON with every text in it passed through; keys and codes stay."""
    if isinstance(value, str):
        return value if _CODE.match(value) and not _NUMBER.match(value) else through_gate(value)
    if isinstance(value, dict):
        return {key: one if _is_currency(key, one) else json_through_gate(one) for key, one in value.items()}
    return [json_through_gate(one) for one in value] if isinstance(value, (list, tuple)) else value


def _is_currency(key: str, value: Any) -> bool:
    """Three capitals alone are taken for somebody's initials."""
    return key == "currency" and isinstance(value, str) and _CURRENCY.match(value) is not None


def note_replaced(kinds: Counter[str]) -> None:
    """Kinds of personal data and how many of each, for whoever tells the person."""
    if kinds and (sum_ := _replaced.get()) is not None:
        sum_.update(kinds)


@contextmanager
def replacements() -> Iterator[Counter[str]]:
    """What the gate replaced while the block ran: kind -> how many."""
    counter: Counter[str] = Counter()
    token = _replaced.set(counter)
    try:
        yield counter
    finally:
        _replaced.reset(token)


class _Typed:
    """A column for what people type. To migrations it is the plain column."""

    max_length: int | None
    attname: str

    def pre_save(self, instance: models.Model, add: bool) -> Any:
        """The row in hand then says what was stored."""
        value = self._clean(getattr(instance, self.attname))
        setattr(instance, self.attname, value)
        return value

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        return super().get_db_prep_save(self._clean(value), connection)  # type: ignore[misc]

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, _path, args, kwargs = super().deconstruct()  # type: ignore[misc]
        return name, f"django.db.models.{self.plain}", args, kwargs

    plain = ""

    def _clean(self, value: Any) -> Any:
        return through_gate(value)[: self.max_length] if isinstance(value, str) else value


class TypedChar(_Typed, models.CharField[str, str]):
    plain = "CharField"


class TypedText(_Typed, models.TextField[str, str]):
    plain = "TextField"
