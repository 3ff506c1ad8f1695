"""Figures over very many rows, for pages that people open often.

Counting a thousand rows costs nothing and is done whenever somebody asks. Where it took long, the figures
are kept, and whoever asks again is given what is kept, with its time; when that is no longer fresh, a worker
counts anew, at most once a minute. So a page of a large project is as quick as one of a small one.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from django.core.cache import cache
from django.utils import timezone
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

COSTLY_SECONDS = 0.1
LARGE = 10_000
FRESH = timedelta(seconds=15)
# Nobody has looked for so long: it is counted while somebody waits.
KEPT = timedelta(days=1)
_ANEW_SECONDS = 60  # at most this often, however many look

Read = Callable[[Sequence[str]], dict[str, Any]]
_reads: dict[str, Read] = {}


@dataclass(frozen=True, slots=True)
class Count:
    """`value`: what the read gave for one id; `at`: when it was counted, None where that was just now."""

    value: Any
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """A read whose figures are kept where it took long. Made by `kept_when_costly`."""

    name: str

    def of(self, one: str) -> Count:
        return self.of_each([one])[one]

    def of_each(self, ids: Sequence[str]) -> dict[str, Count]:
        """The figures of each id: one look at the cache, and at most one read for all that it lacks."""
        kept: dict[str, Count] = cache.get_many([_key(self.name, one) for one in ids])
        found = {one: kept[key] for one in ids if (key := _key(self.name, one)) in kept}
        old = timezone.now() - FRESH
        if stale := [one for one, count in found.items() if count.at is None or count.at < old]:
            _ask_anew(self.name, stale)
        if lacking := [one for one in ids if one not in found]:
            found |= _count(self.name, lacking)
        return found


def kept_when_costly(read: Read) -> Counts:
    """Decorates a function at the top of a module: it takes ids and gives each a value of plain types."""
    name = f"{read.__module__}:{read.__qualname__}"
    _reads[name] = read
    return Counts(name)


def count_anew(name: str, ids: Sequence[str]) -> None:
    """What the worker does."""
    import_module(name.partition(":")[0])
    _count(name, ids)


def _count(name: str, ids: Sequence[str]) -> dict[str, Count]:
    began, at = time.perf_counter(), timezone.now()
    values = _reads[name](ids)
    costly = time.perf_counter() - began > COSTLY_SECONDS
    kept = {one: Count(value, at) for one, value in values.items() if costly and _is_large(value)}
    if kept:
        cache.set_many({_key(name, one): count for one, count in kept.items()}, timeout=KEPT.total_seconds())
    if live := [_key(name, one) for one in ids if one not in kept]:
        cache.delete_many(live)
    return {one: Count(value) for one, value in values.items()}


def _is_large(value: Any) -> bool:
    """Whether anything was counted to LARGE: on a busy machine a count of ten rows may take long as well."""
    if isinstance(value, dict):
        return any(_is_large(part) for part in value.values())
    if isinstance(value, list | tuple):
        return any(_is_large(part) for part in value)
    return isinstance(value, int) and value >= LARGE


def _ask_anew(name: str, ids: Sequence[str]) -> None:
    """One asks for all that look at this moment. Without a broker the figures stay until they are too old."""
    from common.tasks import count_again  # noqa: PLC0415 - the tasks know this module

    mine = [one for one in ids if cache.add(f"{_key(name, one)}:asked", 1, _ANEW_SECONDS)]
    if not mine:
        return
    try:
        count_again.delay(name, mine)
    except OperationalError as error:
        logger.warning("Nobody counts anew: %s", error)


def _key(name: str, one: str) -> str:
    return f"counts:{name}:{one}"
