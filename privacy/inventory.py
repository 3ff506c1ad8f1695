"""What every column may hold about people, said by the app that owns it; read by erasure and by a test.

The test walks all tables: one that is added later and not spoken of here fails it, so none can be forgotten.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.apps import apps
from django.db import models


@dataclass(frozen=True)
class Table:
    """Columns of one table by what they may hold.

    persons: whose row it is, or who did it. items: which item it is about. words: free text that people
    wrote. content: texts of items and what is worked out from them, with places in these texts, so that no
    word of it can be replaced by another. nothing: column -> why it holds nothing about persons.
    """

    label: str
    persons: frozenset[str] = frozenset()
    items: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    content: frozenset[str] = frozenset()
    nothing: Mapping[str, str] = field(default_factory=dict)

    @property
    def model(self) -> type[models.Model]:
        return apps.get_model(self.label)

    @property
    def claimed(self) -> frozenset[str]:
        return self.persons | self.items | self.words | self.content | self.nothing.keys()


_tables: dict[str, Table] = {}


def declare(
    label: str,
    *,
    persons: str = "",
    items: str = "",
    words: str = "",
    content: str = "",
    nothing: Mapping[str, str] | None = None,
) -> None:
    """From `AppConfig.ready`: names of columns with spaces between (those with one reason, too); `label` is
    "app.Model"."""
    found = {"persons": persons, "items": items, "words": words, "content": content}
    sets = {name: frozenset(names.split()) for name, names in found.items()}
    reasons = {name: why for names, why in (nothing or {}).items() for name in names.split()}
    _tables[label.lower()] = Table(label, **sets, nothing=reasons)


def declare_empty(label: str, why: str) -> None:
    """A table none of whose columns holds anything about persons."""
    _tables[label.lower()] = Table(label, nothing={"*": why})


def tables(app: str = "") -> list[Table]:
    """All that was declared, or that of one app, in the order of their names."""
    return [_tables[name] for name in sorted(_tables) if not app or name.startswith(f"{app}.")]


def unspoken() -> Iterator[str]:
    """Columns that may hold something about persons and of which nothing was said, as "app.Model.column"."""
    for model in apps.get_models(include_auto_created=True):
        known = _tables.get(model._meta.label_lower)
        if known is not None and "*" in known.nothing:
            continue
        said = known.claimed if known else frozenset()
        for column in model._meta.concrete_fields:
            if column.name not in said and may_be_about_persons(column):
                yield f"{model._meta.label}.{column.name}"


_PERSONS = ("user", "worker", "actor", "author", "reviewer", "owner", "partner", "subject", "person")
_FREE = (models.TextField, models.CharField, models.JSONField, models.BinaryField, models.FileField)


def may_be_about_persons(column: models.Field[object, object]) -> bool:
    """References to people and items, and columns wide enough for words that are not chosen from a list."""
    if isinstance(column, models.ForeignKey):
        return column.related_model._meta.label_lower in {"accounts.user", "tasks_app.item"}
    if isinstance(column, models.UUIDField):
        return not column.primary_key or any(part in column.name for part in _PERSONS)
    if isinstance(column, models.GenericIPAddressField):
        return True
    # ArrayField is no CharField; a name of its class keeps contrib.postgres out of the check.
    wide = isinstance(column, _FREE) or type(column).__name__ == "ArrayField"
    return wide and not column.choices
