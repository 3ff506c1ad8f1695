"""A trainer's hold on one piece of work: it beats, carries figures over, and stops the engine when asked."""

import logging
import multiprocessing
import os
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connection
from django.db.models import QuerySet

from training import engine_process
from training.journal import Journal

logger = logging.getLogger(__name__)
T = TypeVar("T")

HEARTBEAT_SECONDS = 1.0
LOOK_SECONDS = 0.5
PATIENCE_SECONDS = 600.0  # how long a finished engine's result waits for the database
LOCK_SECONDS = 120.0
SUCCEEDED, FAILED, CANCELLED, BUSY, LOST = 0, 1, 3, 4, 5  # the engine's exit codes

# Set when the worker is told to shut down; made before it forks, so that its children see it as well.
stopping = multiprocessing.get_context("fork").Event()


class Lost(Exception):
    """Another trainer has taken this work: write nothing more."""


class GivenBack(Exception):
    """This trainer is going away; the work returns to the queue."""


class Hold(ABC):
    """Every write goes through `mine`, the rows that name this claim, so that lost work is left alone.

    A subclass says in `_store` what is carried to the database at each heartbeat; it sets `stop_asked` when
    the engine is to end.
    """

    def __init__(self, mine: QuerySet[Any], journal: Journal) -> None:
        self.mine, self.journal = mine, journal
        self.parent = os.getppid()
        self.stop_asked = False
        self._beat_at = 0.0

    @abstractmethod
    def _store(self) -> None: ...

    def _run_engine(self, folder: Path) -> int | None:
        """Train in `folder` to the end or until asked to stop; the exit code, None where another is at it."""
        if not engine_process.wait_until_free(folder, seconds=LOCK_SECONDS, tick=self._beat):
            return None
        process = engine_process.fit(folder)
        try:
            return self._follow(process, folder)
        finally:
            engine_process.end(process)

    def _follow(self, process: subprocess.Popen[bytes], folder: Path) -> int:
        """Carry figures to the database until the engine ends; its exit code."""
        while process.poll() is None:
            try:
                self._beat()
            except (Lost, GivenBack):
                engine_process.stop(process, folder)
                raise
            if self.stop_asked:
                engine_process.stop(process, folder)
                break
            try:
                process.wait(timeout=LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                continue
        self._patiently(self._store)
        return process.wait()

    def _beat(self) -> None:
        """Every HEARTBEAT_SECONDS: store what is new, look whether to stop; an absent database is none."""
        if stopping.is_set() or os.getppid() != self.parent:
            raise GivenBack
        if time.monotonic() - self._beat_at < HEARTBEAT_SECONDS:
            return
        try:
            self._store()
            self._beat_at = time.monotonic()
        except (OperationalError, InterfaceError) as error:
            self._database_away(error)

    def _update(self, **changes: object) -> None:
        if not self.mine.update(**changes):
            raise Lost

    def _patiently(self, work: Callable[[], T]) -> T:
        """Do `work`, again and again while the database is away. Losing an hour's training would be worse."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return work()
            except (OperationalError, InterfaceError) as error:
                if time.monotonic() > deadline:
                    raise
                self._database_away(error)
                time.sleep(LOOK_SECONDS)

    def _database_away(self, error: Exception) -> None:
        logger.warning("The work goes on, the database is away: %s", str(error).strip())
        connection.close()


def last_line(folder: Path) -> str:
    """What the engine printed at the end: the reason, when it did not say one."""
    path = folder / engine_process.LOG_FILE
    lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines() if path.exists() else []
    return lines[-1] if lines else ""
