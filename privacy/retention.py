"""Which kinds of record may be kept for a time only. Each app says its own from `AppConfig.ready`.

Nothing goes by itself: an administrator switches a rule on (privacy/services/retention.py). The audit log is
no such kind, it is chained and kept; files of imports go as soon as nothing needs them, without any rule.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise

Rows = Callable[[], QuerySet[Any]]


@dataclass(frozen=True)
class Kind:
    """One kind of record.

    rows: those of which the rule may take the old ones. since: their date. days: what is offered. project:
    the path to the project's id, empty where the kind belongs to no project. remove: in the transaction of
    the batch; left out, the rows are deleted. It may leave rows behind, which are then looked at again.
    """

    name: str
    title: Promise
    what: Promise
    rows: Rows
    since: str
    days: int
    project: str = ""
    remove: Callable[[Sequence[Any]], int] | None = None


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """From `AppConfig.ready`. The same name again replaces the kind before."""
    _kinds[kind.name] = kind


def all_kinds() -> list[Kind]:
    return sorted(_kinds.values(), key=lambda kind: kind.name)


def kind_named(name: str) -> Kind | None:
    return _kinds.get(name)
