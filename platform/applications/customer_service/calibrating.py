"""The threshold of a project: tried on its own approved dialogues, each without itself.

Half of the dialogues choose it, the other half measures it; which is which hangs on their ids alone, so that
the same pairs give the same threshold.
"""

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from applications.customer_service.calibration import Candidates, choose_threshold, measure
from applications.customer_service.models import Ground, Knowledge, Pair, Threshold
from applications.customer_service.retrieval import LOOKED_AT, SAME_QUESTION, find
from tasks_app.models import Project
from training.freezing import decided

MOST = 400  # questions of a language that are tried, each with a search of its own
INTENT = "intent"
_REST = timedelta(minutes=5)  # where pairs come all the time


def calibrate_stale(project: Project) -> list[Threshold]:
    """`calibrate`, where pairs have changed since, and not without a rest."""
    knowledge, _new = Knowledge.objects.get_or_create(project=project)
    recent = Threshold.objects.filter(project=project, made_at__gt=timezone.now() - _REST)
    return calibrate(project) if knowledge.is_stale and not recent.exists() else []


def calibrate(project: Project) -> list[Threshold]:
    """A threshold for each language. That what is shown comes from a conversation of the same approved intent
    counts as right: the closest to "answers it" that the labels can tell."""
    knowledge, _new = Knowledge.objects.get_or_create(project=project)
    # Before looking: what changes from here on makes it stale again.
    Knowledge.objects.filter(pk=project.pk).update(is_stale=False)
    found = []
    for language in _languages(project):
        halves = _halves(project, list(_pairs(project).filter(language=language)[:MOST]))
        chosen = choose_threshold(halves[0], wanted=knowledge.wanted)
        held_out = measure(halves[1], chosen.similarity)
        values = {
            "encoder": settings.BASE_MODEL, "wanted": knowledge.wanted, "similarity": chosen.similarity,
            "precision": held_out.precision, "covered": held_out.covered, "questions": held_out.questions,
        }  # fmt: skip
        row, _made = Threshold.objects.update_or_create(project=project, language=language, defaults=values)
        found.append(row)
    return found


def is_held_out(item: UUID | None) -> bool:
    return sha256(str(item).encode()).digest()[0] % 2 == 1


def threshold_of(project: Project, language: str) -> Threshold | None:
    """That of the encoder in use; one of another says nothing about its similarities."""
    return Threshold.objects.filter(project=project, language=language, encoder=settings.BASE_MODEL).first()


def least_similarity(project: Project, language: str) -> float:
    threshold = threshold_of(project, language)
    chosen = threshold.similarity if threshold else None
    return SAME_QUESTION if chosen is None else chosen


def _pairs(project: Project) -> QuerySet[Pair]:
    """Pairs of labelled conversations, in the order of their digests: as good as drawn, always the same."""
    intents = decided(project, [INTENT]).filter(item=OuterRef("item"))
    rows = Pair.objects.filter(Exists(intents), project=project, encoder=settings.BASE_MODEL)
    return rows.filter(is_on=True, stands=True).order_by("digest")


def _languages(project: Project) -> list[str]:
    """One after the other by jumps in an order, not by reading all pairs."""
    found: list[str] = []
    rows = Pair.objects.filter(project=project, item__isnull=False).order_by("language")
    while (
        language := rows.filter(**({"language__gt": found[-1]} if found else {}))
        .values_list("language", flat=True)
        .first()
    ) is not None:
        found.append(language)
    return found


def _halves(project: Project, rows: Sequence[Pair]) -> tuple[list[Candidates], list[Candidates]]:
    """To choose with and to measure with."""
    looked = [(row.item_id, _others(project, row)) for row in rows]
    items = {item for own, near in looked for item in (own, *(other for other, _similarity in near))}
    intents: dict[UUID | None, str] = {
        item: str(value)
        for item, value in decided(project, [INTENT]).filter(item__in=items).values_list("item_id", "value")
    }
    halves: tuple[list[Candidates], list[Candidates]] = ([], [])
    for own, near in looked:
        tried = [(similarity, intents.get(item) == intents.get(own)) for item, similarity in near]
        halves[is_held_out(own)].append(tried)
    return halves


def _others(project: Project, row: Pair) -> list[tuple[UUID | None, float]]:
    """What the chat would look at for this question, if its own conversation were not known: the
    conversations of the pairs found, and how alike they are."""
    found = find(
        project=project, text=row.question, vector=np.array(row.vector, dtype=np.float32),
        language=row.language, count=2 * LOOKED_AT,
    )  # fmt: skip
    resting = Ground.objects.filter(item=row.item_id, pair__in=[one.pair.pk for one in found])
    own = set(resting.values_list("pair_id", flat=True))
    others = [one for one in found if one.pair.pk not in own and one.pair.item_id != row.item_id]
    return [
        (one.pair.item_id, one.similarity) for one in others[:LOOKED_AT] if one.similarity is not None
    ]  # fmt: skip
