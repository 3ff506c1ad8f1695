"""What is asked first where a project samples by priority (active learning)."""

from collections.abc import Mapping
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from common.errors import Conflict
from tasks_app.models import Item, Project, WorkerProgress

_RANK = """
UPDATE tasks_app_item i SET priority = ranked.priority
FROM unnest(%s::uuid[], %s::float8[]) AS ranked (id, priority)
WHERE i.id = ranked.id AND i.project_id = %s AND i.gold IS NULL AND i.priority <> ranked.priority
"""
_BATCH = 5_000


@transaction.atomic
def rank_items(*, project: Project, priorities: Mapping[UUID, float]) -> int:
    """Give items their priorities, high ones first. Returns how many changed."""
    if project.sampling != Project.Sampling.PRIORITY:
        raise Conflict(_("This project does not ask its items by priority."), code="not_by_priority")
    changed = 0
    with connection.cursor() as cursor:
        # In one order, so that two rankings at once do not wait for each other in a circle.
        ids = sorted(priorities)
        for start in range(0, len(ids), _BATCH):
            part = ids[start : start + _BATCH]
            cursor.execute(_RANK, [part, [priorities[pk] for pk in part], project.pk])
            changed += cursor.rowcount
    if changed:
        start_over(project)
    return changed


def start_over(project: Project) -> None:
    """What was behind people's cursors may be ahead now: everybody looks from the start once more."""
    WorkerProgress.objects.filter(project=project).update(cursor_priority=None, cursor_position=None)


def forget_priorities(project: Project) -> None:
    """A project that no longer asks by priority asks in the order of import."""
    if Item.objects.filter(project=project).exclude(priority=0).update(priority=0):
        start_over(project)
