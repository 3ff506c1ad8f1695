"""Vectors of items, made by a worker: a row without one is what asks for it."""

import time
from collections.abc import Sequence

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from numpy.typing import NDArray

from applications.embedding import embed
from applications.recommendation.models import CatalogueItem

CHUNK = 128
TURN = 30.0  # seconds, after which others who wait for this worker come first


def waiting() -> Q:
    """Items without a vector, and those whose vector another encoder made."""
    return Q(vector=None) | ~Q(encoder=settings.BASE_MODEL)


def is_waiting() -> bool:
    return CatalogueItem.objects.filter(waiting()).exists()


def make_vectors(*, seconds: float = TURN) -> bool:
    """Whether there is more to do. Two workers take different items; one that dies leaves its own waiting."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not _make_some():
            return False
    return is_waiting()


@transaction.atomic
def _make_some() -> int:
    rows = CatalogueItem.objects.select_for_update(skip_locked=True, of=("self",)).filter(waiting())
    items = list(rows.order_by("pk")[:CHUNK])
    for item, vector in zip(items, embed([item.whole_text for item in items]), strict=True):
        item.vector, item.encoder = vector, settings.BASE_MODEL
    CatalogueItem.objects.bulk_update(items, ["vector", "encoder"])
    return len(items)


def array_of(items: Sequence[CatalogueItem]) -> NDArray[np.float32]:
    """(N, D), with zeros where an item has no vector by the encoder of today."""
    usable = [
        item.vector if item.vector is not None and item.encoder == settings.BASE_MODEL else None
        for item in items
    ]
    size = next((len(vector) for vector in usable if vector is not None), 1)
    found = np.zeros((len(items), size), dtype=np.float32)
    for row, vector in enumerate(usable):
        if vector is not None:
            found[row] = np.asarray(vector, dtype=np.float32)
    return found


def nearness(items: NDArray[np.float32], history: NDArray[np.float32]) -> NDArray[np.float64]:
    """(N, D) and (H, D) -> (N,): the cosine with the nearest one of the history; 0 where there is none."""
    if not len(history) or items.shape[1] != history.shape[1]:
        return np.zeros(len(items))
    found: NDArray[np.float64] = (items @ history.T).max(axis=1).astype(np.float64)
    return found
