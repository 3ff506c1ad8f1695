"""A queued run, taken up by a trainer: start the engine, follow it, record the outcome."""

import logging
import time
from functools import partial
from pathlib import Path
from typing import NoReturn
from uuid import UUID

from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.services.ends import tell_end
from common.errors import DomainError
from training import (
    comparison,
    devices,
    engine_process,
    queue,
    registration,
    run_folder,
    seeds,
    snapshots,
    trainers,
    trials,
)
from training.holding import BUSY, CANCELLED, LOST, SUCCEEDED, GivenBack, Hold, Lost, last_line
from training.journal import Journal, Point
from training.models import MetricPoint, Run, Search, Snapshot, Trial
from training.splits import too_few
from training.trial_execution import TrialExecution

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
    if work := queue.claim_run(run_id):
        carry_out(work)


def carry_out(work: queue.Work) -> None:
    """See a claimed piece of work through."""
    if isinstance(work, Trial):
        TrialExecution(work).go()
    elif isinstance(work, Search):
        trials.settle(work.pk)
    else:
        Execution(work).go()


class Execution(Hold):
    """One trainer's hold on one run."""

    def __init__(self, run: Run) -> None:
        assert run.claim is not None  # noqa: S101 - narrows for mypy what claiming has set
        self.run, self.claim = run, run.claim
        mine = Run.objects.filter(pk=run.pk, state=State.RUNNING, claim=run.claim)
        super().__init__(mine, Journal(run.folder / "metrics.jsonl"))
        self.folder = run.folder  # in which the engine is at work
        self.seeds = seeds.seeds_of(run.recipe)
        self.part = 0  # the seed that is being trained
        self.part_began = time.monotonic()
        self.log_before = self.metric = ""

    def go(self) -> None:
        try:
            self._train()
        except Lost:
            logger.warning("Run %s was taken over by another trainer.", self.run.pk)
        except (GivenBack, devices.AllBusy):
            self._patiently(partial(self._close, State.QUEUED, ""))
        except Ended as ended:
            self._patiently(partial(self._close, ended.state, ended.reason))
        except (DomainError, run_folder.Unusable, OSError) as error:
            logger.warning("Run %s cannot be trained: %s", self.run.pk, error)
            self._patiently(partial(self._close, State.FAILED, str(error)))

    def _train(self) -> None:
        self._freeze()
        assert self.run.snapshot is not None  # noqa: S101 - narrows for mypy what _freeze has set
        with snapshots.held(self.run.snapshot):
            run_folder.prepare(self.run, self.run.snapshot)
        with devices.more_cards(int(self.run.recipe.get("processes", 1)) - 1):
            if self.seeds:
                self._train_seeds(self.run.snapshot)
            else:
                self._train_here()
        version = self._patiently(partial(registration.register, self.run, self.claim))
        if version is None:
            raise Lost
        comparison.compare_quietly(version)

    def _train_seeds(self, snapshot: Snapshot) -> None:
        """Each seed in turn; those that an earlier attempt has finished are only read again."""
        done = {one["seed"] for one in seeds.notes_of(self.run.folder)}
        for part, seed in enumerate(self.seeds):
            self._begin(part, seeds.folder_of(self.run.folder, seed))
            if seed in done:
                self._patiently(self._store)
                continue
            run_folder.prepare(
                self.run, snapshot, folder=self.folder, recipe={**self.run.recipe, "seed": seed}
            )
            self._train_here()
            seeds.note(self.run.folder, seed, self.metric)
        seeds.crown(self.run.folder, self.metric)

    def _begin(self, part: int, folder: Path) -> None:
        self.log_before = self._log()
        self.part, self.folder, self.part_began = part, folder, time.monotonic()
        self.journal = Journal(folder / "metrics.jsonl")

    def _train_here(self) -> None:
        code = self._run_engine(self.folder)
        if code is None:
            raise Ended(State.FAILED, "Another process is still training in this run's folder.")
        if code != SUCCEEDED:
            self._explain(code)

    def _freeze(self) -> None:
        if self.run.snapshot is None:
            snapshot, _new = snapshots.freeze(project=self.run.project, actor=self.run.created_by)
            with snapshots.held(snapshot):
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
            progress=self._overall(self.journal.progress),
            seconds_left=self._seconds_left(),
            device=self.journal.device[:60],
            log=self._log()[-LOG_CHARACTERS:],
        )
        self.stop_asked = self.mine.filter(cancel_requested=True).exists()

    def _overall(self, progress: float) -> float:
        """Of the whole run, which a search may have begun, and which may train several seeds."""
        begun = trials.SEARCHING_SHARE if hasattr(self.run, "search") else 0.0
        return begun + (1 - begun) * (self.part + progress) / max(1, len(self.seeds))

    def _seconds_left(self) -> float | None:
        left = self.journal.seconds_left
        if left is None or not self.seeds:
            return left
        a_seed_takes = time.monotonic() - self.part_began + left
        return left + a_seed_takes * (len(self.seeds) - self.part - 1)

    def _log(self) -> str:
        """What the engine said, of a run with several seeds one after the other."""
        if not self.seeds:
            return self.journal.log
        here = f"seed {self.seeds[self.part]}\n{self.journal.log}" if self.journal.lines else ""
        return "\n".join(part for part in (self.log_before, here) if part)

    def _store_points(self, points: list[Point]) -> None:
        for point in points:
            self.metric = str(point.values.get("metric") or self.metric)
        rows = (
            [seeds.apart(point, self.seeds[self.part], self.part) for point in points]
            if self.seeds
            else points
        )
        MetricPoint.objects.bulk_create(
            [MetricPoint(run=self.run, kind=p.kind, step=p.step, values=p.values) for p in rows],
            update_conflicts=True,
            unique_fields=["run", "kind", "step"],
            update_fields=["values"],
        )

    def _explain(self, code: int) -> NoReturn:
        """Say why the engine has ended without a model."""
        if self.stop_asked:
            raise Ended(State.CANCELLED, "")
        if code in {CANCELLED, BUSY, LOST} or code < 0:
            # Nobody here asked it to stop: the machine did, or another process was at work.
            self._count_loss(code)
            raise GivenBack
        said = self.journal.reason or last_line(self.folder)
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
        with transaction.atomic():
            self._update(
                state=state,
                reason=reason[:500],
                seconds_left=None,
                claim=None,
                log=self._whole_log(),
                finished_at=None if queued else timezone.now(),
            )
            if state == State.FAILED:
                tell_end(self.run.end_note(), good=False)

    def _whole_log(self) -> str:
        """The journal, and below it what the engine printed (a traceback, a library's complaint)."""
        path = self.folder / engine_process.LOG_FILE
        printed = path.read_text(encoding="utf-8", errors="replace")[-4000:] if path.exists() else ""
        return "\n".join(part for part in (self._log(), printed.strip()) if part)[-LOG_CHARACTERS:]
