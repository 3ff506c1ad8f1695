"""Vectors of pairs: which have none of the site's encoder yet, and making them."""

from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet

from applications.customer_service.models import Knowledge, Pair
from applications.embedding import embed
from tasks_app.models import Project

_BATCH = 128
MOST_AT_ONCE = 100_000


def embed_waiting(project: Project, most: int = MOST_AT_ONCE) -> int:
    """Make the vectors that are missing or of another encoder than the site's; how many were made.

    What waits is read once, as ids, and not looked for again after each batch.
    """
    waiting = list(_waiting(project).values_list("pk", flat=True)[:most])
    made = sum(_embed(waiting[start : start + _BATCH]) for start in range(0, len(waiting), _BATCH))
    if made:
        Knowledge.objects.filter(pk=project.pk).update(is_stale=True)
    return made


def _embed(pks: Sequence[UUID]) -> int:
    batch = list(Pair.objects.filter(pk__in=pks).only("pk", "question").order_by("pk"))
    vectors = embed([pair.question for pair in batch])
    made = 0
    for pair, vector in zip(batch, vectors, strict=True):
        # Whoever edited it meanwhile wants a vector of the new words: then this one is nobody's.
        made += Pair.objects.filter(pk=pair.pk, question=pair.question).update(
            vector=vector.tolist(), dimensions=len(vector), encoder=settings.BASE_MODEL
        )
    return made


def waiting_of(project: Project) -> int:
    """How many pairs have no vector of the site's encoder yet."""
    return _waiting(project).count()


def _waiting(project: Project) -> QuerySet[Pair]:
    """As two ranges of an index, which "not equal" would not be."""
    other = Q(encoder__lt=settings.BASE_MODEL) | Q(encoder__gt=settings.BASE_MODEL)
    return Pair.objects.filter(other, project=project)
