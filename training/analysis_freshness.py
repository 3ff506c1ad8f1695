"""Whether a project's data is still what an analysis rests on, for pages that must not read a million items.

The hash of a large project is computed in the background and kept in the cache; a page shows what was known a
moment ago. Of a small one it is computed at once.
"""

import time
from uuid import UUID

from django.core.cache import cache

from annotations.models import Consensus
from common.turns import turn
from tasks_app.models import Item, Project
from training.analysis_data import data_hash

FEW = 5_000  # items, and decided answers, of a project whose hash takes no time
REFRESH = 60.0  # seconds after which a hash is computed again, where somebody looks
_KEPT = 24 * 3600


def hash_at_hand(project: Project) -> tuple[str | None, bool]:
    """The latest hash that is known, and whether it should be computed again."""
    if _is_small(project):
        return data_hash(project, None), False
    told = cache.get(_key(project.pk))
    return (None, True) if told is None else (told[0], time.time() - told[1] > REFRESH)


def note_hash(project_id: UUID, found: str) -> None:
    cache.set(_key(project_id), (found, time.time()), timeout=_KEPT)


def hash_again(project_id: UUID) -> None:
    """By one worker, however often it was asked for meanwhile."""
    with turn(f"analysis hash {project_id}") as mine:
        project = Project.objects.filter(pk=project_id).first()
        if mine and project is not None and hash_at_hand(project)[1]:
            note_hash(project_id, data_hash(project, None))


def _is_small(project: Project) -> bool:
    items, decided = Item.objects.filter(project=project), Consensus.objects.filter(project=project)
    return items.order_by()[: FEW + 1].count() <= FEW and decided.order_by()[: FEW + 1].count() <= FEW


def _key(project_id: UUID) -> str:
    return f"analysis-hash:{project_id}"
