"""One trial of a search, taken up by a trainer: a proposed recipe, trained and judged on dev only."""

import importlib
import logging
import shutil
from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

from django.utils import timezone

from common.errors import DomainError
from training import run_folder, snapshots, trials
from training.engine.config import FitConfig
from training.holding import BUSY, CANCELLED, LOST, SUCCEEDED, GivenBack, Hold, Lost, last_line
from training.journal import Journal
from training.models import Run, Search, Snapshot, Trial
from training.splits import too_few

logger = logging.getLogger(__name__)
State = Trial.State
SPLITS = ("train", "dev")  # a search never sees the test items
_DROPPED = ("model", "checkpoints")


class Ended(Exception):
    def __init__(self, state: str, reason: str = "") -> None:
        super().__init__(reason)
        self.state, self.reason = state, reason


class TrialExecution(Hold):
    """One trainer's hold on one trial."""

    def __init__(self, trial: Trial) -> None:
        self.trial, self.search, self.run = trial, trial.search, trial.search.run
        mine = Trial.objects.filter(pk=trial.pk, state=State.RUNNING, claim=trial.claim)
        super().__init__(mine, Journal(trial.folder / "metrics.jsonl"))
        self.ending: Ended | None = None
        self.values: dict[int, float] = {}
        self.config: FitConfig | None = None

    def go(self) -> None:
        try:
            self._train()
        except Lost:
            logger.warning("Trial %s was taken over by another trainer.", self.trial)
            return
        except GivenBack:
            self._patiently(partial(self._close, State.WAITING, ""))
        except Ended as ended:
            self._patiently(partial(self._close, ended.state, ended.reason))
        except (DomainError, run_folder.Unusable, OSError) as error:
            self._patiently(partial(self._close, State.FAILED, str(error)))
        self._patiently(partial(trials.settle, self.search.pk))

    def _train(self) -> None:
        snapshot = self._freeze()
        self._propose(snapshot)
        recipe = {**self.run.recipe, **self.trial.params}
        folder = run_folder.prepare(
            self.run, snapshot, folder=self.trial.folder, recipe=recipe, splits=SPLITS
        )
        self.config = FitConfig.read(folder / "config.json")
        code = self._run_engine(folder)
        if code == SUCCEEDED:
            raise Ended(State.COMPLETE)
        if self.ending:
            raise self.ending
        if code is None or code in {CANCELLED, BUSY, LOST} or code < 0:
            raise self._lost_engine(code)
        raise Ended(State.FAILED, self.journal.reason or last_line(folder))

    def _freeze(self) -> Snapshot:
        """The snapshot that all trials of the search share: of two who freeze at once, the first one's."""
        if self.run.snapshot is None:
            snapshot, _new = snapshots.freeze(project=self.run.project, actor=self.run.created_by)
            Run.objects.filter(pk=self.run.pk, snapshot=None).update(snapshot=snapshot)
            self.run = Run.objects.select_related("project", "snapshot").get(pk=self.run.pk)
        frozen = self.run.snapshot
        assert frozen is not None  # noqa: S101 - narrows for mypy
        if missing := too_few(frozen.counts.get(self.run.field, {})):
            raise Ended(State.FAILED, f"Too few approved examples: {', '.join(missing)}.")
        return frozen

    def _propose(self, snapshot: Snapshot) -> None:
        if self.trial.optuna is not None:
            return
        shutil.rmtree(self.trial.folder, ignore_errors=True)  # of an attempt with other settings, if any
        first = None
        if self.trial.number == 1:
            first = run_folder.config_of(self.run, snapshot).to_json()
        self.trial.optuna, self.trial.params = self.study.propose(self.search.space, first)
        self._update(optuna=self.trial.optuna, params=self.trial.params)

    @cached_property
    def study(self) -> Any:
        # Optuna is loaded only here, in the trainer's own process.
        made: Callable[..., Any] = importlib.import_module("training.study").Study
        seed = self.search.seed + self.trial.number
        return made(str(self.search.pk), pruner=self.search.pruner, seed=seed)

    def _lost_engine(self, code: int | None) -> Exception:
        if self.trial.losses >= trials.MOST_LOSSES:
            return Ended(State.FAILED, f"The engine was killed too often ({code}): out of memory?")
        self._patiently(partial(self._update, losses=self.trial.losses + 1))
        return GivenBack()

    def _store(self) -> None:
        known = len(self.values)
        self._read()
        if len(self.values) > known and self.ending is None and self._is_hopeless():
            self.ending = Ended(State.PRUNED)
        value = self._value()
        self._update(
            heartbeat_at=timezone.now(), progress=self.journal.progress, device=self.journal.device[:60],
            value=value, values=sorted(self.values.items()),
        )  # fmt: skip
        self._look_at_search()
        self.stop_asked = self.ending is not None

    def _read(self) -> None:
        self.journal.read()
        for point in self.journal.take_points():
            if point.kind == "eval" and point.values.get("value") is not None:
                self.values[int(point.values["epoch"])] = float(point.values["value"])
                self.search.metric = str(point.values.get("metric") or "")

    def _value(self) -> float | None:
        """The dev figure of the weights that are kept: the best epoch's, or the last one's."""
        if self.config is not None and self.config.keep == "last":
            return self.values.get(max(self.values, default=-1))
        return max(self.values.values(), default=None)

    def _is_hopeless(self) -> bool:
        if self.config is None or self.search.pruner == Search.Pruner.NONE:
            return False
        rungs_of = importlib.import_module("training.study").rungs_of
        rungs = rungs_of([(epoch + 1, value) for epoch, value in self.values.items()], self.config.epochs)
        return bool(self.study.is_hopeless(self.trial.optuna, rungs))

    def _look_at_search(self) -> None:
        """Stop when the time is up, and when the search was cancelled: then to be taken up again."""
        search = Search.objects.select_related("run").prefetch_related("trials").get(pk=self.search.pk)
        progress, left = trials.progress_of(search)
        Run.objects.filter(pk=self.run.pk, state=Run.State.RUNNING).update(
            heartbeat_at=timezone.now(), progress=progress, seconds_left=left
        )
        if search.run.state != Run.State.RUNNING:
            self.ending = Ended(State.WAITING)
        elif trials.is_over_time(search) and self.ending is None:
            self.ending = Ended(State.STOPPED, "The time of the search was up.")

    def _close(self, state: str, reason: str) -> None:
        over = state != State.WAITING
        value = self._value()
        if state == State.COMPLETE and value is None:
            state, reason = State.FAILED, "It ended without a figure on dev."
        self._update(
            state=state, reason=reason[:500], claim=None, value=value,
            finished_at=timezone.now() if over else None,
        )  # fmt: skip
        if over:
            self._tell(state, value)
            for name in _DROPPED:
                shutil.rmtree(self.trial.folder / name, ignore_errors=True)
        else:
            Search.objects.filter(pk=self.search.pk, run__state=Run.State.RUNNING).update(is_open=True)

    def _tell(self, state: str, value: float | None) -> None:
        if self.trial.optuna is None:
            return
        self.study.tell(self.trial.optuna, value=value, state=state)
        changes: dict[str, object] = {"metric": self.search.metric} if self.search.metric else {}
        if importance := self.study.importance():
            changes["importance"] = importance
        if changes:
            Search.objects.filter(pk=self.search.pk).update(**changes)
