"""A queued run, taken up by a trainer: start the engine, follow it, record the outcome."""

import logging
from functools import partial
from pathlib import Path
from uuid import UUID

from django.db import DatabaseError
from django.utils import timezone

from common.errors import DomainError
from training import comparison, engine_process, queue, registration, run_folder, snapshots, trainers
from training.holding import BUSY, CANCELLED, LOST, SUCCEEDED, GivenBack, Hold, Lost, last_line
from training.journal import Journal, Point
from training.models import MetricPoint, Run
from training.splits import too_few

logger = logging.getLogger(__name__)
State = Run.State

LOG_CHARACTERS = 20_000


class Ended(Exception):
    """The run is over without a model."""

    def __init__(self, state: str, reason: str) -> None:
        super().__init__(reason)
        self.state, self.reason = state, reason


def execute(run_id: UUID) -> None:
    """Claim this queued run, train, record the outcome. A second delivery finds nothing to claim."""
    if run := queue.claim_run(run_id):
        Execution(run).go()


def execute_next() -> None:
    """Take the first run in the queue, if there is one, and see it through."""
    if run := queue.claim_next():
        Execution(run).go()


class Execution(Hold):
    """One trainer's hold on one run."""

    def __init__(self, run: Run) -> None:
        assert run.claim is not None  # noqa: S101 - narrows for mypy what claiming has set
        self.run, self.claim = run, run.claim
        mine = Run.objects.filter(pk=run.pk, state=State.RUNNING, claim=run.claim)
        super().__init__(mine, Journal(run.folder / "metrics.jsonl"))

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
        code = self._run_engine(folder)
        if code is None:
            raise Ended(State.FAILED, "Another process is still training in this run's folder.")
        self._conclude(code, folder)

    def _freeze(self) -> None:
        if self.run.snapshot is None:
            snapshot, _new = snapshots.freeze(project=self.run.project, actor=self.run.created_by)
            self._update(snapshot=snapshot)
            self.run.snapshot = snapshot
        if missing := too_few(self.run.snapshot.counts.get(self.run.field, {})):
            raise Ended(State.FAILED, f"Too few approved examples: {', '.join(missing)}.")

    def _store(self) -> None:
        self.journal.read()
        while points := self.journal.take_points():
            try:
                self._store_points(points)
            except DatabaseError:
                self.journal.give_back(points)
                raise
        self._update(
            heartbeat_at=timezone.now(),
            progress=self.journal.progress,
            seconds_left=self.journal.seconds_left,
            device=self.journal.device[:60],
            log=self.journal.log[-LOG_CHARACTERS:],
        )
        self.stop_asked = self.mine.filter(cancel_requested=True).exists()

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
        elif self.stop_asked:
            raise Ended(State.CANCELLED, "")
        elif code in {CANCELLED, BUSY, LOST} or code < 0:
            # Nobody here asked it to stop: the machine did, or another process was at work.
            self._count_loss(code)
            raise GivenBack
        else:
            said = self.journal.reason or last_line(folder)
            raise Ended(State.FAILED, said or f"The engine ended with exit code {code}.")

    def _count_loss(self, code: int) -> None:
        losses = self.run.losses + 1
        if losses > trainers.MOST_LOSSES:
            raise Ended(State.FAILED, f"The engine was killed {losses} times ({code}): out of memory?")
        self._patiently(partial(self._update, losses=losses))

    def _close(self, state: str, reason: str) -> None:
        if state == State.QUEUED and self.mine.filter(cancel_requested=True).exists():
            state = State.CANCELLED  # asked for while this trainer was going away
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
