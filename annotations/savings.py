"""The money that stopping in time has kept on the table, and what other settings would have kept."""

from collections.abc import Sequence
from dataclasses import dataclass

from annotations.aggregation.stopping import SETTINGS, Replay, replay, replay_fixed
from annotations.models import OverlapStudy
from annotations.overlap_study import histories_of
from tasks_app import selectors
from tasks_app.models import Project

_TARGET = 0.95  # share of right items for which a bar is suggested
_MOST_OVERLAP = 10


@dataclass(frozen=True)
class Simulated:
    """One setting, replayed on the sample, scaled to all settled items. `confidence` None: a fixed overlap.

    `saved` against the largest overlap for every item; `short`: share of items whose answers ran out while
    the rule still wanted more, for which the true number lies higher and the quality is not known.
    """

    confidence: float | None
    least: int
    most: int
    answers: int
    saved: int
    saved_minor: int
    expected: float
    same: float
    short: float


@dataclass(frozen=True)
class Savings:
    """`saved`: what `most` answers for each of the `settled` items would have been, less those given."""

    confidence: float
    most: int
    settled: int
    answers: int
    saved: int
    saved_minor: int
    sample: int  # items that the simulation is made from
    simulated: tuple[Simulated, ...]
    suggested: float | None  # the lowest bar at which the expected share right reaches the target
    target: float


def savings_of(project: Project, progress: selectors.Progress | None = None) -> Savings:
    """`progress`: of the project, where that is known already."""
    counted = selectors.progress(project.pk) if progress is None else progress
    settled, answers = counted.settled, counted.settled_answers
    most = max(project.overlap_max, project.overlap_min)
    saved = max(0, settled * most - answers)
    study = OverlapStudy.objects.filter(project=project).first() if settled else None
    simulated = _simulate(project, study, settled) if study else ()
    return Savings(
        confidence=project.confidence,
        most=most,
        settled=settled,
        answers=answers,
        saved=saved,
        saved_minor=saved * project.reward_minor,
        sample=study.items if study else 0,
        simulated=simulated,
        suggested=_suggested(simulated, least=project.overlap_min),
        target=_TARGET,
    )


def _suggested(simulated: Sequence[Simulated], *, least: int) -> float | None:
    bars = [row.confidence for row in simulated if row.least == least and row.expected >= _TARGET]
    return min((bar for bar in bars if bar is not None), default=None)


def _simulate(project: Project, study: OverlapStudy, settled: int) -> tuple[Simulated, ...]:
    histories = histories_of(study)
    least, most = project.overlap_min, max(project.overlap_max, project.overlap_min)

    def scaled(outcome: Replay, confidence: float | None, least: int, overlap: int) -> Simulated:
        answers = round(outcome.answers / len(histories) * settled)
        saved = settled * most - answers
        return Simulated(
            confidence=confidence,
            least=least,
            most=overlap,
            answers=answers,
            saved=saved,
            saved_minor=saved * project.reward_minor,
            expected=round(outcome.expected, 4),
            same=round(outcome.same, 4),
            short=round(outcome.short / len(histories), 4),
        )

    bars = sorted({*SETTINGS, round(project.confidence, 4)})
    overlaps = range(1, min(most, _MOST_OVERLAP) + 1)
    return (
        *(scaled(replay(histories, confidence=bar, least=low, most=most), bar, low, most)
          for low in sorted({1, 2, least} & set(overlaps)) for bar in bars),
        *(scaled(replay_fixed(histories, n), None, n, n) for n in overlaps),
    )  # fmt: skip
