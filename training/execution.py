"""A queued run, taken up by a trainer: claim, start the engine, follow it, record the outcome."""

import logging
import multiprocessing
import os
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

from django.db import InterfaceError, OperationalError, connection
from django.db.models import F
from django.utils import timezone

from common.errors import DomainError
from training import comparison, engine_process, registration, run_folder, snapshots, trainers
from training.journal import Journal, Point
from training.models import MetricPoint, Run
from training.splits import too_few

logger = logging.getLogger(__name__)
T = TypeVar("T")
State = Run.State

HEARTBEAT_SECONDS = 1.0
LOOK_SECONDS = 0.5
PATIENCE_SECONDS = 600.0  # how long a finished engine's result waits for the database
LOCK_SECONDS = 120.0
SUCCEEDED, FAILED, CANCELLED, BUSY = 0, 1, 3, 4  # the engine's exit codes
LOG_CHARACTERS = 20_000

# Set when the worker is told to shut down; made before it forks, so that its children see it as well.
stopping = multiprocessing.get_context("fork").Event()


class Lost(Exception):
    """Another trainer has taken this run: write nothing more."""


class GivenBack(Exception):
    """This trainer is going away; the run returns to the queue."""


class Ended(Exception):
    """The run is over without a model."""

    def __init__(self, state: str, reason: str) -> None:
        super().__init__(reason)
        self.state, self.reason = state, reason


def execute(run_id: UUID) -> None:
    """Claim a queued run, train, record the outcome. A second delivery finds nothing to claim."""
    claim = uuid4()
    now = timezone.now()
    claimed = Run.objects.filter(pk=run_id, state=State.QUEUED).update(
        state=State.RUNNING,
        claim=claim,
        attempt=F("attempt") + 1,
        started_at=now,
        heartbeat_at=now,
        cancel_requested=False,
        reason="",
    )
    if claimed:
        Execution(Run.objects.select_related("project", "snapshot").get(pk=run_id), claim).go()


class Execution:
    """One trainer's hold on one run. Every write names the claim, so that a lost run is left alone."""

    def __init__(self, run: Run, claim: UUID) -> None:
        self.run, self.claim = run, claim
        self.journal = Journal(run.folder / "metrics.jsonl")
        self.parent = os.getppid()
        self.cancelled = False
        self._beat_at = 0.0

    def go(self) -> None:
        try:
            self._train()
        except Lost:
            logger.warning("Run %s was taken over by another trainer.", self.run.pk)
        except GivenBack:
            self._patiently(partial(self._close, State.QUEUED, ""))
        except Ended as ended:
            self._patiently(partial(self._close, ended.state, ended.reason))
        except (DomainError, run_folder.Unusable, OSError) as error:
            logger.warning("Run %s cannot be trained: %s", self.run.pk, error)
            self._patiently(partial(self._close, State.FAILED, str(error)))

    def _train(self) -> None:
        self._freeze()
        assert self.run.snapshot is not None  # noqa: S101 - narrows for mypy what _freeze has set
        folder = run_folder.prepare(self.run, self.run.snapshot)
        if not engine_process.wait_until_free(folder, seconds=LOCK_SECONDS, tick=self._beat):
            raise Ended(State.FAILED, "Another process is still training in this run's folder.")
        process = engine_process.start(["fit", str(folder)], log=folder / engine_process.LOG_FILE)
        try:
            code = self._follow(process, folder)
        finally:
            engine_process.end(process)
        self._conclude(code, folder)

    def _freeze(self) -> None:
        if self.run.snapshot is None:
            snapshot, _new = snapshots.freeze(project=self.run.project, actor=self.run.created_by)
            self._update(snapshot=snapshot)
            self.run.snapshot = snapshot
        if missing := too_few(self.run.snapshot.counts.get(self.run.field, {})):
            raise Ended(State.FAILED, f"Too few approved examples: {', '.join(missing)}.")

    def _follow(self, process: subprocess.Popen[bytes], folder: Path) -> int:
        """Carry figures to the database until the engine ends; its exit code."""
        while process.poll() is None:
            try:
                self._beat()
            except (Lost, GivenBack):
                engine_process.stop(process, folder)
                raise
            if self.cancelled:
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

    def _store(self) -> None:
        self.journal.read()
        while points := self.journal.take_points():
            try:
                self._store_points(points)
            except (OperationalError, InterfaceError):
                self.journal.give_back(points)
                raise
        self._update(
            heartbeat_at=timezone.now(),
            progress=self.journal.progress,
            seconds_left=self.journal.seconds_left,
            device=self.journal.device[:60],
            log=self.journal.log[-LOG_CHARACTERS:],
        )
        self.cancelled = Run.objects.filter(pk=self.run.pk, cancel_requested=True).exists()

    def _store_points(self, points: list[Point]) -> None:
        MetricPoint.objects.bulk_create(
            [MetricPoint(run=self.run, kind=p.kind, step=p.step, values=p.values) for p in points],
            update_conflicts=True,
            unique_fields=["run", "kind", "step"],
            update_fields=["values"],
        )

    def _conclude(self, code: int, folder: Path) -> None:
        if code == SUCCEEDED:
            version = self._patiently(partial(registration.register, self.run, self.claim))
            if version is None:
                raise Lost
            comparison.compare_quietly(version)
        elif self.cancelled:
            raise Ended(State.CANCELLED, "")
        elif code in {CANCELLED, BUSY} or code < 0:
            # Nobody here asked it to stop: the machine did, or another process was at work.
            self._count_loss(code)
            raise GivenBack
        else:
            said = self.journal.reason or _last_line(folder)
            raise Ended(State.FAILED, said or f"The engine ended with exit code {code}.")

    def _count_loss(self, code: int) -> None:
        losses = self.run.losses + 1
        if losses > trainers.MOST_LOSSES:
            raise Ended(State.FAILED, f"The engine was killed {losses} times ({code}): out of memory?")
        self._patiently(partial(self._update, losses=losses))

    def _close(self, state: str, reason: str) -> None:
        queued = state == State.QUEUED
        self._update(
            state=state,
            reason=reason[:500],
            seconds_left=None,
            claim=None,
            log=self._whole_log(),
            finished_at=None if queued else timezone.now(),
        )

    def _whole_log(self) -> str:
        """The journal, and below it what the engine printed (a traceback, a library's complaint)."""
        path = self.run.folder / engine_process.LOG_FILE
        printed = path.read_text(encoding="utf-8", errors="replace")[-4000:] if path.exists() else ""
        return "\n".join(part for part in (self.journal.log, printed.strip()) if part)[-LOG_CHARACTERS:]

    def _update(self, **changes: object) -> None:
        mine = Run.objects.filter(pk=self.run.pk, state=State.RUNNING, claim=self.claim)
        if not mine.update(**changes):
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
        logger.warning("Run %s goes on, the database is away: %s", self.run.pk, str(error).strip())
        connection.close()


def _last_line(folder: Path) -> str:
    path = folder / engine_process.LOG_FILE
    lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines() if path.exists() else []
    return lines[-1] if lines else ""
