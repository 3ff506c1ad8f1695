"""Which items are looked at closely: those near a history, those much used, and the newest ones."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from numpy.typing import NDArray

from applications.recommendation.models import CatalogueItem

NEAR, POPULAR, NEW = 32, 12, 6
PROBES = 4  # of a history, the last ones: what is near each of them is looked at
EXACT_UP_TO = 10_000  # items of a project: below, a scan is exact and as quick as the index
_EF_SEARCH = 100
# Sizes for which migration 0001 has an index; an encoder of another size is searched by a scan.
INDEXED = (384, 512, 768, 1024)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many of each kind; a replay of the past takes the same numbers as a request."""

    near: int = NEAR
    popular: int = POPULAR
    new: int = NEW


def open_items(project: UUID) -> QuerySet[CatalogueItem]:
    return CatalogueItem.objects.filter(project=project, active=True)


def candidates_for(
    project: UUID, *, history: NDArray[np.float32], without: Collection[UUID], wanted: Wanted = Wanted(),
) -> list[CatalogueItem]:  # fmt: skip
    """Without those of `without`, each once. history: (H, D), the latest first; empty: no near ones."""
    rows = open_items(project).exclude(pk__in=without)
    found = list(rows.order_by("-popularity", "pk")[: wanted.popular])
    found += rows.order_by("-published_at", "pk")[: wanted.new]
    probes = probes_of(history)
    near = [pk for probe in probes for pk in nearest(project, probe, without, wanted.near // len(probes))]
    found += CatalogueItem.objects.filter(pk__in=near)
    return list({item.pk: item for item in found}.values())


def probes_of(history: NDArray[np.float32]) -> NDArray[np.float32]:
    """(H, D) -> (P, D): the last ones that have a vector."""
    usable: NDArray[np.float32] = history[np.abs(history).sum(axis=1) > 0][:PROBES]
    return usable


def nearest(project: UUID, probe: NDArray[np.float32], without: Collection[UUID], count: int) -> list[UUID]:
    """Ids by cosine; approximate (HNSW, Malkov & Yashunin 2018) where the catalogue is large."""
    size = len(probe)
    many = open_items(project).order_by()[: EXACT_UP_TO + 1].count() > EXACT_UP_TO
    if many and size in INDEXED:
        found = _search(project, probe, without, count, exact=False)
        if len(found) >= count:
            return found
    # Nearly everything near is excluded, or other projects' items stand in between: look at all of them.
    return _search(project, probe, without, count, exact=True)


def _search(
    project: UUID, probe: NDArray[np.float32], without: Collection[UUID], count: int, *, exact: bool
) -> list[UUID]:  # fmt: skip
    size = len(probe)
    distance = f"vector::vector({size}) <=> %(probe)s::vector({size})"
    order = f"({distance}) + 0" if exact else distance  # what is added keeps the planner off the index
    query = f"""
        SELECT id FROM recommendation_catalogueitem
        WHERE project_id = %(project)s AND active AND vector_dims(vector) = {size}
            AND encoder = %(encoder)s AND NOT id = ANY(%(without)s::uuid[])
        ORDER BY {order} LIMIT %(count)s
    """  # noqa: S608 - a number is all that is put in
    values: dict[str, Any] = {
        "probe": "[" + ",".join(f"{value:.6g}" for value in probe) + "]", "project": project,
        "encoder": settings.BASE_MODEL, "without": [str(pk) for pk in without], "count": count,
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        if not exact:
            # Goes on through the graph until enough are found that are this project's.
            cursor.execute("SET LOCAL hnsw.iterative_scan = strict_order")
            cursor.execute(f"SET LOCAL hnsw.ef_search = {_EF_SEARCH}")
        cursor.execute(query, values)
        return [row[0] for row in cursor.fetchall()]
