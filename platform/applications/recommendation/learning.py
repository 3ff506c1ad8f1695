"""Learning a project's weights from what people chose, by a worker."""

from collections.abc import Callable
from dataclasses import asdict
from uuid import UUID

import numpy as np
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from applications.recommendation import matching, popularity, replay
from applications.recommendation.mixing.mixture import Choice, Weights, learn
from applications.recommendation.models import CatalogueItem, Mixture
from applications.recommendation.replay import Past
from applications.services.figures import ask_figures
from tasks_app.models import Project
from training import background
from training.engine.errors import EngineError
from training.models import ModelVersion

USUAL = 30.0
HALF_LIVES = (7.0, 30.0, 90.0, 365.0)  # days, of which the likeliest is taken
LEAST_CHOICES = 20
CHUNK = 10  # moments between two signs of life
State = Mixture.State
Report = Callable[[float], None]


class TooFew(Exception):
    """There is not enough to learn from."""


def execute(project_id: UUID) -> None:
    """Claim the wish, learn, measure and say so. A second delivery finds nothing to claim."""
    row = background.claim(Mixture, project_id)
    if row is None:
        return
    with background.ending(row, TooFew, EngineError, OSError):
        project = Project.objects.get(pk=project_id)

        def report(share: float) -> None:
            background.update(row, progress=round(100 * share))

        learned = learn_from(project, replay.read_past(project), report)
        background.update(row, **learned)
        recount_all(project_id, row.half_life_days)
        background.update(row, state=State.DONE, claim=None, progress=100)
        ask_figures(project=project)


def take_back_lost() -> list[UUID]:
    return background.take_back_lost(Mixture)


def learn_from(project: Project, past: Past, report: Report = lambda share: None) -> dict[str, object]:
    """The columns of Mixture that are learned. Raises TooFew.

    Only choices that were among the candidates count: between these alone the mixture decides.
    """
    matcher = matching.matcher_of(project)
    asked = [(moment, past.candidates(moment, USUAL)) for moment in past.learning]
    asked = [(moment, rows) for moment, rows in asked if not moment.chosen.isdisjoint(rows.tolist())]
    if len(asked) < LEAST_CHOICES:
        raise TooFew(
            _("At least %(least)d people with four interactions each are needed; there are %(found)d.")
            % {"least": LEAST_CHOICES, "found": len(asked)}
        )
    for start in range(0, len(asked), CHUNK):
        if matcher:
            past.judge(matcher, asked[start : start + CHUNK])
        report(start / len(asked))
    best = min((_fit(past, asked, half_life) for half_life in HALF_LIVES), key=lambda found: found[1])
    weights, _loss, half_life = best
    return {
        **asdict(weights), "half_life_days": half_life, "choices": len(asked), "learned_at": timezone.now(),
        "version": _version(matcher),
    }  # fmt: skip


def _version(matcher: matching.Matcher | None) -> ModelVersion | None:
    return matcher.version if matcher else None


def _fit(
    past: Past, asked: list[tuple[replay.Moment, replay.Rows]], half_life: float
) -> tuple[Weights, float, float]:
    choices = [
        Choice(
            past.matched(moment, rows, past.parts(moment, half_life)),
            int(np.flatnonzero(rows == next(iter(moment.chosen)))[0]),
        )
        for moment, rows in asked
    ]
    return *learn(choices), half_life


def recount_all(project_id: UUID, half_life_days: float) -> None:
    """Another half-life changes every sum. Batches of their own, so that nobody waits long for a row."""
    ids = list(CatalogueItem.objects.filter(project=project_id).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), 2000):
        with transaction.atomic():
            popularity.recount(ids[start : start + 2000], half_life_days)
