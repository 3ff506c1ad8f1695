"""A project's items page by page, so that the millionth costs what the first does.

A page begins after a position, never at an offset, and its total is the kept count of the project's progress.
A search for words has no index to walk (one over every text would slow every import): it reads for a moment,
gives what it has found, and says how far it came, so that whoever asked can have it read on.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, Q, QuerySet, TextField
from django.db.models.functions import Cast

from common.counts import kept_when_costly
from tasks_app.models import Item, Project

SIZE = 50
SEARCH_SECONDS = 0.12
_CHUNK, _MOST_CHUNKS = 2_000, 6
_ENDS = """
SELECT position FROM (
    SELECT position, row_number() OVER (ORDER BY position) AS n FROM tasks_app_item
    WHERE project_id = %s AND position > %s ORDER BY position LIMIT %s) ahead
WHERE n %% %s = 0 ORDER BY position
"""


@dataclass(frozen=True)
class ItemPage:
    """`before`, `after`: positions at which the neighbouring pages end or begin, None where there is none.

    Of a search: `looked` of `total` items are read, and it goes on after `on` unless that is None."""

    items: Sequence[Item]
    total: int
    before: int | None = None
    after: int | None = None
    looked: int = 0
    on: int | None = None


def item_page(project: Project, *, state: str, after: int | None, before: int | None) -> ItemPage:
    """Items in the order in which they came; `state` empty: of every state."""
    rows = _of(project, state)
    if before is not None:
        found = list(rows.filter(position__lt=before).order_by("-position")[: SIZE + 1])
        more, items = len(found) > SIZE, found[:SIZE][::-1]
        return _page(project, state, items, earlier=more, later=bool(items))
    if after is not None:
        rows = rows.filter(position__gt=after)
    found = list(rows.order_by("position")[: SIZE + 1])
    return _page(project, state, found[:SIZE], earlier=after is not None, later=len(found) > SIZE)


def _page(project: Project, state: str, items: Sequence[Item], *, earlier: bool, later: bool) -> ItemPage:
    counted = by_state.of(str(project.pk)).value
    return ItemPage(
        items=items,
        total=counted.get(state, 0) if state else sum(counted.values()),
        before=items[0].position if items and earlier else None,
        after=items[-1].position if items and later else None,
    )


def search_items(
    project: Project, *, words: str, state: str, after: int | None, looked: int = 0, enough: int = SIZE
) -> ItemPage:
    """Items whose id or text has `words`, case ignored, of those after a position.

    Reads until it has `enough`, or for SEARCH_SECONDS; `looked`: how many were read before."""
    total = sum(by_state.of(str(project.pk)).value.values())
    rows = _of(project, state).annotate(words=Cast("payload", TextField())).order_by("position")
    matching = rows.filter(Q(external_id__icontains=words) | Q(words__icontains=words))
    # Left out by the database: were it left out here, a chunk might hold more than the slice shows.
    matching = matching.exclude(external_id=words)
    named = Item.objects.filter(project=project, external_id=words).first() if after is None else None
    found: list[Item] = [named] if named and state in {"", named.state} else []
    until = time.perf_counter() + SEARCH_SECONDS
    at: int | None = -1 if after is None else after
    ends = _ends_of_chunks(project, after)
    while ends and at is not None and len(found) < enough and time.perf_counter() < until:
        end = ends.pop(0)
        chunk = (
            matching.filter(position__gt=at)
            if end is None
            else matching.filter(position__range=(at + 1, end))
        )
        fresh = list(chunk[: enough - len(found) + 1])
        if len(found) + len(fresh) > enough:
            found += fresh[: enough - len(found)]
            return ItemPage(found, total, looked=min(total, looked), on=found[-1].position)
        found += fresh
        looked, at = looked + _CHUNK, end
    return ItemPage(found, total, looked=min(total, looked) if at is not None else total, on=at)


def _ends_of_chunks(project: Project, after: int | None) -> list[int | None]:
    """The last position of each of the next few chunks; None stands for the end of the project."""
    with connection.cursor() as cursor:
        cursor.execute(_ENDS, [project.pk, -1 if after is None else after, _CHUNK * _MOST_CHUNKS, _CHUNK])
        ends: list[int | None] = [place for (place,) in cursor.fetchall()]
    return ends if len(ends) == _MOST_CHUNKS else [*ends, None]


def _of(project: Project, state: str) -> QuerySet[Item]:
    rows = Item.objects.filter(project=project)
    return rows.filter(state=state) if state else rows


@kept_when_costly
def by_state(project_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """State -> items, of each project."""
    found: dict[str, dict[str, int]] = {one: {} for one in project_ids}
    rows = (
        Item.objects.filter(project_id__in=project_ids).values("project_id", "state").annotate(n=Count("pk"))
    )
    for project, state, n in rows.values_list("project_id", "state", "n"):
        found[str(project)][state] = n
    return found
