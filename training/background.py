"""Rows that ask for work on the `predict` queue: claimed by one worker, taken back when it falls silent."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

from django.db import close_old_connections, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.services.ends import tell_end
from training.models.serving import Work

SILENT_AFTER = timedelta(seconds=120)
FORGOTTEN_AFTER = timedelta(seconds=30)
BEAT = 20.0
SomeWork = TypeVar("SomeWork", bound=Work)
State = Work.State
ENDS = {State.DONE, State.FAILED}


class Lost(Exception):
    """Another worker has this by now, or it was cancelled: write nothing more."""


def claim(kind: type[SomeWork], pk: UUID | int) -> SomeWork | None:
    """The queued row, now running and ours; None when somebody else was first."""
    mine = uuid4()
    queued = kind._default_manager.filter(pk=pk, state=State.QUEUED)
    if not queued.update(state=State.RUNNING, claim=mine, heartbeat_at=timezone.now(), reason=""):
        return None
    return kind._default_manager.get(pk=pk)


def update(row: Work, **changes: Any) -> None:
    """Write to a row that is still ours, with a sign of life; its end is told. Raises Lost when it is not."""
    mine = type(row)._default_manager.filter(pk=row.pk, state=State.RUNNING, claim=row.claim)
    with transaction.atomic():
        if not mine.update(heartbeat_at=timezone.now(), **changes):
            raise Lost
        if (ended := changes.get("state")) in ENDS:
            tell_end(row.end_note(), good=ended == State.DONE)
    for name, value in changes.items():
        setattr(row, name, value)


@contextmanager
def ending(row: Work, *expected: type[Exception]) -> Iterator[None]:
    """What is expected to go wrong ends the row as failed, with the reason; Lost ends nothing."""
    try:
        yield
    except Lost:
        return
    except expected as error:
        update(row, state=State.FAILED, reason=str(error)[:500], claim=None)


@contextmanager
def alive(row: Work) -> Iterator[None]:
    """Signs of life from beside the work, which may be silent for longer than a worker is waited for."""
    done = threading.Event()

    def beat() -> None:
        with suppress(Lost):
            while not done.wait(BEAT):
                update(row)
        close_old_connections()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def take_back_lost(kind: type[Work]) -> list[Any]:
    """Queue again what a dead worker left behind, and name what the broker may have forgotten."""
    now = timezone.now()
    silent = Q(state=State.RUNNING, heartbeat_at__lt=now - SILENT_AFTER)
    kind._default_manager.filter(silent).update(state=State.QUEUED, claim=None, queued_at=now)
    forgotten = Q(state=State.QUEUED, queued_at__lt=now - FORGOTTEN_AFTER)
    return list(kind._default_manager.filter(forgotten).values_list("pk", flat=True)[:50])
