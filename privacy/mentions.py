"""Where the database says in the clear what a person is known by; and taking such words out of free texts."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models
from django.db.models import Q
from django.db.models.functions import Cast

from privacy import inventory
from privacy.inventory import Table

ERASED = "…"
_SHORTEST = 3
_CJK = re.compile(r"[\u3400-\u9fff]")


def usable(values: Iterable[str]) -> list[str]:
    """Those long enough to look for; two Chinese characters are a name, two letters are nothing."""
    stripped = {value.strip() for value in values}
    return sorted(value for value in stripped if len(value) >= _SHORTEST or len(_CJK.findall(value)) >= 2)


def telling(values: Iterable[str]) -> list[str]:
    """Those that point at one person wherever they stand: addresses, numbers, full names; not "Anna"."""
    return [value for value in usable(values) if _tells(value)]


def _tells(value: str) -> bool:
    digits = sum(char.isdigit() for char in value)
    return "@" in value or digits >= 6 or " " in value or len(_CJK.findall(value)) >= 3


def pattern_of(values: Sequence[str]) -> re.Pattern[str]:
    """Any of the values as a word of its own, in any case."""
    parts = sorted(map(re.escape, values), key=len, reverse=True)
    if not parts:
        return re.compile(r"(?!)")
    # No letter of the same script beside it: Chinese has no spaces, so there a name may stand anywhere.
    return re.compile(rf"(?<![a-zA-Z0-9])(?:{'|'.join(parts)})(?![a-zA-Z0-9])", re.IGNORECASE)


def scrub(value: Any, pattern: re.Pattern[str]) -> Any:
    """A text, or whatever JSON holds, with every mention replaced."""
    if isinstance(value, str):
        return pattern.sub(ERASED, value)
    if isinstance(value, list):
        return [scrub(part, pattern) for part in value]
    if isinstance(value, dict):
        return {scrub(key, pattern): scrub(part, pattern) for key, part in value.items()}
    return value


def scrub_words(app: str, values: Iterable[str]) -> int:
    """Take every mention out of the free texts of an app. Returns how many rows were changed."""
    wanted = usable(values)
    pattern = pattern_of(wanted)
    changed = 0
    for table in inventory.tables(app):
        for row in _mentioning(table, sorted(table.words), wanted):
            before = {name: getattr(row, name) for name in table.words}
            after = {name: scrub(value, pattern) for name, value in before.items()}
            if after != before:
                table.model._base_manager.filter(pk=row.pk).update(**after)
                changed += 1
    return changed


def count_mentions(app: str, values: Iterable[str]) -> dict[str, int]:
    """ "table.column" -> rows that mention a value: any of them in free texts, the telling ones elsewhere."""
    found: dict[str, int] = {}
    words, marks = usable(values), telling(values)
    for table in inventory.tables(app):
        for names, wanted in ((table.words, words), (table.content, marks)):
            for name in sorted(names):
                if count := _count(table, name, wanted):
                    found[f"{table.label.lower()}.{name}"] = count
    return found


def _count(table: Table, name: str, wanted: Sequence[str]) -> int:
    pattern = pattern_of(wanted)
    return sum(
        pattern.search(as_text(getattr(row, name))) is not None for row in _mentioning(table, [name], wanted)
    )


def as_text(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join([*map(str, value), *map(as_text, value.values())])
    return " ".join(map(as_text, value)) if isinstance(value, list) else str(value)


def _mentioning(table: Table, names: Sequence[str], wanted: Sequence[str]) -> Iterable[Any]:
    """Rows one of whose columns contains one of the values, read by one scan of the table."""
    if not names or not wanted:
        return ()
    model = table.model
    texts = {f"text_{name}": Cast(name, models.TextField()) for name in names}
    asked = Q()
    for name in texts:
        for value in {*wanted, *map(_as_stored, wanted)}:
            asked |= Q(**{f"{name}__icontains": value})
    rows = model._base_manager.annotate(**texts).filter(asked).only("pk", *names)
    return rows.iterator(chunk_size=500) if connection.in_atomic_block else list(rows)


def _as_stored(value: str) -> str:
    """As the text of a JSON column has it: quotes and backslashes are escaped there."""
    return value.replace("\\", "\\\\").replace('"', '\\"')
