"""Statements that each connection parses and plans once, and afterwards only runs.

For the few statements of the hot path: planning takes PostgreSQL several times as long as running them, and
building them anew from a queryset takes Python longer than both.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model

SomeModel = TypeVar("SomeModel", bound=Model)
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


class Prepared:
    """`sql` has `%(name)s` placeholders; `rows` gives them values by name.

    PostgreSQL takes a placeholder's type from where it stands; where that leaves it open, write a cast.
    """

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self._names = list(dict.fromkeys(_PLACEHOLDER.findall(sql)))
        number = {name: f"${n}" for n, name in enumerate(self._names, start=1)}
        self._text = _PLACEHOLDER.sub(lambda found: number[found[1]], sql).replace("%%", "%")
        # The same name always means the same text, also when a newer program meets an older connection.
        self._name = f"manyhands_{hashlib.sha256(sql.encode()).hexdigest()[:16]}"
        values = ", ".join(f"%({name})s" for name in self._names)
        self.execute = f"EXECUTE {self._name} ({values})" if values else f"EXECUTE {self._name}"

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        """Run it in the current transaction, or in one of its own; the rows that it returns."""
        with connection.cursor() as cursor:
            self.prepare(cursor)
            cursor.execute(self.execute, values)
            return list(cursor.fetchall())

    def rows_after(self, *first: "Prepared", **values: Any) -> list[tuple[Any, ...]]:
        """`first`, then this: one message to PostgreSQL, which is one transaction where none is open."""
        with connection.cursor() as cursor:
            for statement in (*first, self):
                statement.prepare(cursor)
            cursor.execute("; ".join([*(one.execute for one in first), self.execute]), values)
            return list(cursor.fetchall())

    def prepare(self, cursor: Any) -> None:
        """Make it known to the cursor's connection, once."""
        if self._name not in cursor.db.prepared:
            cursor.execute(f"PREPARE {self._name} AS {self._text}")
            cursor.db.prepared.add(self._name)


class Rows(Generic[SomeModel]):
    """Instances of `model` out of a prepared statement's rows; the fields that are not read are deferred."""

    def __init__(self, model: type[SomeModel], alias: str, *only: str) -> None:
        fields = [f for f in model._meta.concrete_fields if not only or f.attname in only]
        self.columns = ", ".join(f'{alias}."{field.column}"' for field in fields)
        self.width = len(fields)
        self._model, self._names = model, [field.attname for field in fields]
        self._converters = [
            (n, field.from_db_value) for n, field in enumerate(fields) if hasattr(field, "from_db_value")
        ]

    def of(self, values: Sequence[Any]) -> SomeModel:
        converted = list(values)
        for n, convert in self._converters:
            converted[n] = convert(converted[n], None, connection)
        return self._model.from_db(DEFAULT_DB_ALIAS, self._names, converted)
