"""A list for one person: what to look at, what it is worth, why it is there."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from applications.recommendation import candidates, matching, popularity, vectors
from applications.recommendation.mixing.diversity import diversify
from applications.recommendation.mixing.mixture import Floats, Weights, parts_of, score, shares
from applications.recommendation.models import CatalogueItem, Mixture
from applications.recommendation.taste import Taste
from common.errors import Invalid, Problem
from tasks_app.models import Project
from training.models import ModelVersion, Prediction
from training.services import predictions

MOST = 50
_LIKE = 0.2  # cosine from which on an item of the history is named as a reason


@dataclass(frozen=True, slots=True)
class Recommended:
    """One line of the list. shares: how much of the score comes from each part. because: what of the history
    is nearest. match: None where no model answered. prediction: takes feedback."""

    item: CatalogueItem
    score: float
    shares: dict[str, float]
    match: float | None
    because: Sequence[CatalogueItem] = ()
    prediction: Prediction | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """weights: what was mixed for this person. why: as Taste has it. version: which judged the matches."""

    lines: Sequence[Recommended]
    weights: Weights
    mixture: Mixture
    version: ModelVersion | None
    why: str


def mixture_of(project: Project) -> Mixture:
    """That of the project, or the one that it begins with, which is not stored."""
    found = Mixture.objects.select_related("version__model").filter(project=project).first()
    return found or Mixture(project=project)


def recommend(*, project: Project, taste: Taste, count: int, actor: User | None) -> Answer:
    """The best `count` items that the person has not touched. Each one's pair is kept as a prediction.

    Raises Invalid for a count that is out of range, Unavailable where the model cannot answer now.
    """
    if not 1 <= count <= MOST:
        detail = _("Ask for 1 to %d items.") % MOST
        raise Invalid(detail, problems=[Problem("/count", "range", detail)])
    mixture = mixture_of(project)
    matcher = matching.matcher_of(project) if taste.text else None
    weights = mixture.weights if taste.text else mixture.weights.without_taste()
    items = candidates.candidates_for(project.pk, history=taste.vectors, without=taste.seen)
    pairs = [matching.pair_of(taste.text, item) for item in items]
    answers = matcher.answers(pairs) if matcher else []
    matches = [matcher.probability(answer) for answer in answers] if matcher else [0.0] * len(items)
    arrays = vectors.array_of(items)
    parts = _parts(project, items, vectors.nearness(arrays, taste.vectors), mixture.half_life_days)
    parts[:, 0] = matches
    scores = score(parts, weights)
    order = diversify(scores, arrays, count, mixture.diversity)
    kept: Sequence[Prediction | None] = [None] * len(order)
    if matcher and order:  # what is shown alone, so that "wrong?" has something to hold on to
        kept = predictions.keep_answers(
            version=matcher.version, actor=actor,
            payloads=[pairs[row] for row in order], answers=[answers[row] for row in order],
            subjects=[taste.person.pk if taste.person else None] * len(order),
        )  # fmt: skip
    lines = [
        Recommended(
            items[row], float(scores[row]), shares(parts[row], weights),
            matches[row] if matcher else None, because(arrays[row], taste), prediction,
        )
        for row, prediction in zip(order, kept, strict=True)
    ]  # fmt: skip
    return Answer(lines, weights, mixture, matcher.version if matcher else None, taste.why)


def because(vector: np.ndarray[tuple[int], np.dtype[np.float32]], taste: Taste) -> list[CatalogueItem]:
    """Up to two items of the history that lie nearest, the nearest first."""
    if not taste.items or taste.vectors.shape[1] != len(vector):
        return []
    likeness = taste.vectors @ vector
    order = np.argsort(-likeness, kind="stable")[:2]
    return [taste.items[int(row)] for row in order if likeness[row] >= _LIKE]


def _parts(project: Project, items: Sequence[CatalogueItem], near: Floats, half_life: float) -> Floats:
    """(N, 4) with the match left at 0."""
    now = timezone.now()
    fade = popularity.fading(now, half_life)
    counts = fade * np.array([item.popularity for item in items], dtype=float)
    ages = [(now - item.published_at).total_seconds() / popularity.DAY for item in items]
    return parts_of(near, counts, fade * popularity.mean_of(project.pk), np.array(ages, dtype=float))
