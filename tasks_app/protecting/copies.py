"""Where else an item's text lies: apps above register what puts their copies right when the text changes."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from privacy.pii.finding import Finding
from privacy.pii.offsets import OffsetMap
from tasks_app.fields.base import Field
from tasks_app.importing.lines import carry_value

FreeText = Callable[[str], str]


@dataclass(frozen=True)
class Change:
    """What happened to one item's text. `maps`: one a turn; `free`: the same for a text by itself."""

    project: UUID
    item: UUID
    payload: dict[str, Any]
    fields: Sequence[Field]
    maps: Sequence[OffsetMap]
    free: FreeText

    def place(self, turn: int, start: int, end: int) -> tuple[int, int]:
        return self.maps[turn].span(start, end)

    def value(self, value: dict[str, Any] | None) -> dict[str, Any] | None:
        """An answer (field -> value): spans carried over, and what people wrote themselves read as well."""
        if value is None:
            return None
        written = {field.name for field in self.fields if field.type == "text"}
        carried = carry_value(self.fields, value, self.place)
        return {name: self.texts(part) if name in written else part for name, part in carried.items()}

    def field_value(self, name: str, value: Any) -> Any:
        """One field's value."""
        carried = self.value({name: value})
        return None if carried is None else carried[name]

    def texts(self, value: Any) -> Any:
        """JSON with every string in it read."""
        if isinstance(value, str):
            return self.free(value)
        if isinstance(value, list):
            return [self.texts(one) for one in value]
        if isinstance(value, dict):
            return {key: self.texts(one) for key, one in value.items()}
        return value


ItemCopies = Callable[[Change], Counter[str]]
# What reads a text that stands by itself.
Places = Callable[[str], list[Finding]]
OtherTexts = Callable[[UUID, Places], Counter[str]]
_items: list[ItemCopies] = []
_others: list[OtherTexts] = []


def register_item_copies(fix: ItemCopies) -> None:
    """`fix` runs in the transaction that changes an item's text; it says how many of what it changed."""
    if fix not in _items:
        _items.append(fix)


def register_other_texts(fix: OtherTexts) -> None:
    """`fix(project, places)` replaces in everything else that the app keeps of the project."""
    if fix not in _others:
        _others.append(fix)


def fix_copies(change: Change) -> Counter[str]:
    return sum((fix(change) for fix in _items), Counter())


def fix_other_texts(project_id: UUID, places: Places) -> Counter[str]:
    return sum((fix(project_id, places) for fix in _others), Counter())
