"""A learning curve, taken up by a trainer: one small training after another, each point kept as it comes."""

import json
import logging
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.services.ends import tell_end
from common.errors import DomainError
from training import run_folder
from training.engine.data import Row, read_arrow, write_arrow
from training.engine.errors import EngineError
from training.engine.evaluation.learning_curve import forecast, nested_groups
from training.holding import BUSY, CANCELLED, FAILED, LOST, SUCCEEDED, GivenBack, Hold, Lost, last_line
from training.journal import Journal
from training.models import LearningCurve
from training.registration import figure
from training.trainers import MOST_LOSSES

logger = logging.getLogger(__name__)
State, Mode = LearningCurve.State, LearningCurve.Mode

PLAN = ((0.0625, 3), (0.125, 3), (0.25, 2), (0.5, 2), (1.0, 1))  # share, draws: small ones scatter more
LEAST_ROWS = 10
MORE = 500
RECIPES: dict[str, dict[str, Any]] = {
    # One step at rate 0: what is measured is the last layer fitted on frozen features (engine/probe.py).
    Mode.QUICK: {
        "epochs": 1, "max_steps": 1, "learning_rate": 0.0, "head_learning_rate": 0.0, "fit_head_first": True,
        "patience": 0,
    },
    Mode.FULL: {"epochs": 4},
}  # fmt: skip
_LOST_AFTER = timedelta(minutes=1)
_FORGOTTEN_AFTER = timedelta(minutes=1)


def execute(curve_id: UUID) -> None:
    """Claim a queued curve and draw it. A second delivery finds nothing to claim."""
    claim = uuid4()
    claimed = LearningCurve.objects.filter(pk=curve_id, state=State.QUEUED).update(
        state=State.RUNNING, claim=claim, heartbeat_at=timezone.now()
    )
    if claimed:
        CurveExecution(LearningCurve.objects.select_related("run__snapshot").get(pk=curve_id), claim).go()


def take_back_lost() -> list[UUID]:
    """Queue again what a dead trainer left behind, and name what the broker has forgotten."""
    silent = Q(state=State.RUNNING, heartbeat_at__lt=timezone.now() - _LOST_AFTER)
    lost = LearningCurve.objects.filter(silent)
    for curve in lost.filter(losses__gte=MOST_LOSSES).select_related("run__project"):
        _give_up(curve)
    lost.update(state=State.QUEUED, claim=None, losses=F("losses") + 1)
    old = Q(created_at__lt=timezone.now() - _FORGOTTEN_AFTER)
    return list(LearningCurve.objects.filter(old, state=State.QUEUED).values_list("pk", flat=True))


@transaction.atomic
def _give_up(curve: LearningCurve) -> None:
    why = "Its trainer was lost too often; it may need more memory."
    held = LearningCurve.objects.filter(pk=curve.pk, state=State.RUNNING, claim=curve.claim)
    if held.update(state=State.FAILED, claim=None, reason=why):
        tell_end(curve.end_note(), good=False)


class CurveExecution(Hold):
    """One trainer's hold on one curve."""

    def __init__(self, curve: LearningCurve, claim: UUID) -> None:
        self.curve = curve
        mine = LearningCurve.objects.filter(pk=curve.pk, state=State.RUNNING, claim=claim)
        super().__init__(mine, Journal(curve.folder / "metrics.jsonl"))

    def go(self) -> None:
        try:
            self._draw()
        except Lost:
            logger.warning("Learning curve %s was taken over by another trainer.", self.curve.pk)
        except GivenBack:
            self._patiently(partial(self._update, state=State.QUEUED, claim=None))
        except (DomainError, EngineError, run_folder.Unusable, OSError) as error:
            self._patiently(partial(self._close, State.FAILED, reason=str(error)[:500]))

    def _store(self) -> None:
        self._update(heartbeat_at=timezone.now())

    def _draw(self) -> None:
        snapshot = self.curve.run.snapshot
        if snapshot is None:
            raise run_folder.Unusable("This run has no snapshot.")
        rows = list(read_arrow(snapshot.folder / self.curve.run.field / "train.arrow"))
        plan = planned(len(rows))
        self._update(planned=len(plan))
        done = {(point["share"], point["draw"]) for point in self.curve.points}
        for share, draw in plan:
            if (share, draw) not in done:
                self._add_point(rows, share, draw)
        self._patiently(partial(self._close, State.DONE, forecast=self._forecast()))

    def _add_point(self, rows: Sequence[Row], share: float, draw: int) -> None:
        folder = self.curve.folder / f"{share:g}-{draw}"
        part = chosen(rows, share, draw)
        self._prepare(folder, part)
        code = self._run_engine(folder)
        if code is None or code in {CANCELLED, BUSY, LOST} or code < 0:
            self._count_loss(code)
            raise GivenBack
        if code not in {SUCCEEDED, FAILED}:
            raise EngineError(f"A model could not be trained: {last_line(folder) or code}")
        # A small part may hold nothing to learn from; then there is no such point.
        value = self._value(folder) if code == SUCCEEDED else None
        if value is None and share == 1.0:
            raise EngineError(f"A model could not be trained: {last_line(folder) or code}")
        point = {"share": share, "draw": draw, "examples": len(part), "value": value}
        points = [*self.curve.points, point]
        self._patiently(partial(self._update, points=points, heartbeat_at=timezone.now()))
        self.curve.points = points
        shutil.rmtree(folder, ignore_errors=True)

    def _count_loss(self, code: int | None) -> None:
        """An engine that is killed again and again needs more than there is here."""
        self.curve.losses += 1
        if self.curve.losses > MOST_LOSSES:
            raise EngineError(f"The engine was killed {self.curve.losses} times ({code}): out of memory?")
        self._patiently(partial(self._update, losses=self.curve.losses))

    def _prepare(self, folder: Path, part: Sequence[Row]) -> None:
        run = self.curve.run
        assert run.snapshot is not None  # noqa: S101 - narrows for mypy what _draw has seen to
        recipe = {name: value for name, value in run.recipe.items() if name != "seeds"}
        recipe |= RECIPES[self.curve.mode]
        run_folder.prepare(run, run.snapshot, folder=folder, recipe=recipe, splits=("dev", "test"))
        write_arrow(folder / "train.arrow", part)

    def _value(self, folder: Path) -> float | None:
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        return figure(report.get("test"), self.curve.metric)

    def _forecast(self) -> dict[str, Any]:
        points = [(point["examples"], point["value"]) for point in self.curve.points]
        return asdict(forecast([(n, y) for n, y in points if y is not None], more=MORE))

    def _close(self, state: str, **changes: object) -> None:
        with transaction.atomic():
            self._update(state=state, claim=None, **changes)
            tell_end(self.curve.end_note(), good=state == State.DONE)
        shutil.rmtree(self.curve.folder, ignore_errors=True)


def planned(rows: int) -> list[tuple[float, int]]:
    """Share and draw of each training, the small ones first: the picture is there soon."""
    return [(share, draw) for share, draws in PLAN if share * rows >= LEAST_ROWS for draw in range(draws)]


def chosen(rows: Sequence[Row], share: float, draw: int) -> list[Row]:
    """Whole groups; within one draw a smaller share is part of a larger one."""
    groups = [row.group or row.id for row in rows]
    taken = nested_groups(groups, share, draw=draw)
    return [row for row, group in zip(rows, groups, strict=True) if group in taken]
