"""Return, extend, reclaim, expire: who holds which slot, and until when. Claiming has a module of its own.

Each is one SQL statement, so that no moment exists in which an item's counter and its assignments disagree.
The database refuses what a mistake here would do: `taken <= slots` and one assignment per item and person are
constraints.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.errors import Conflict
from common.gate import through_gate
from tasks_app.models import Assignment, Project
from tasks_app.services import slots
from tasks_app.services.claiming import MAX_LIVE, Lease, claim_items, lease_of, refusal

__all__ = [
    "MAX_LIVE",
    "Lease",
    "claim_items",
    "end_leases_of",
    "expire_lease",
    "expire_leases",
    "extend_lease",
    "lease_of",
    "reclaim_assignment",
    "return_assignment",
]

_EXTENSIONS = 4


def _refuse_unless_live(project: Project, worker: User) -> None:
    if project.state != Project.State.PUBLISHED:
        raise refusal(project.state, project, worker)


# Leases end here and nowhere else: given back, run out, or taken from somebody who was banned. A slot that
# comes back to an item which needs no more answers goes, and its money with it.
_END = """
WITH due AS (
    SELECT id, item_id FROM tasks_app_assignment WHERE state = 'leased' AND {which}
), items AS MATERIALIZED (
    -- Locked in one order: two who end leases at once must not wait for each other in a circle.
    SELECT id FROM tasks_app_item WHERE id IN (SELECT item_id FROM due) ORDER BY id FOR UPDATE
), ended AS (
    UPDATE tasks_app_assignment a SET state = %(state)s, closed_at = now(), reason = %(reason)s
    FROM due WHERE a.id = due.id AND (SELECT count(*) FROM items) > 0 RETURNING a.item_id
), counted AS (SELECT item_id, count(*) AS n FROM ended GROUP BY item_id)
UPDATE tasks_app_item i
SET taken = taken - n, slots = CASE WHEN state IN ('closed', 'withdrawn') THEN slots - n ELSE slots END
FROM counted WHERE i.id = counted.item_id
RETURNING i.project_id, CASE WHEN state IN ('closed', 'withdrawn') THEN n ELSE 0 END, n
"""
_RETURN = _END.format(which="id = %(id)s FOR UPDATE")
_EXPIRE = _END.format(
    which="lease_expires_at < now() ORDER BY lease_expires_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED"
)
_EXPIRE_ONE = _END.format(which="id = %(id)s AND lease_expires_at < now() FOR UPDATE")
_END_ALL = _END.format(which="worker_id = %(worker)s AND project_id = %(project)s ORDER BY id FOR UPDATE")
_RECLAIM = """
WITH slot AS (
    SELECT i.id FROM tasks_app_item i JOIN tasks_app_assignment a ON a.item_id = i.id
    WHERE a.id = %(id)s AND a.state = 'expired' AND i.state = 'open' AND i.taken < i.slots
    FOR UPDATE OF i
), taken AS (
    UPDATE tasks_app_item i SET taken = taken + 1 FROM slot WHERE i.id = slot.id AND i.taken < i.slots
    RETURNING i.id
)
UPDATE tasks_app_assignment a
SET state = 'leased', closed_at = NULL, lease_expires_at = now() + make_interval(secs => %(lease)s)
FROM taken WHERE a.id = %(id)s AND a.state = 'expired'
"""


@transaction.atomic
def return_assignment(*, assignment: Assignment, reason: str = "") -> None:
    """Give an item back without penalty; another person gets the slot. Returning twice changes nothing."""
    if _end(_RETURN, state=Assignment.State.RETURNED, reason=reason, id=assignment.pk):
        return
    assignment.refresh_from_db(fields=["state"])
    if assignment.state == Assignment.State.SUBMITTED:
        raise Conflict(_("You have already submitted this item."), code="already_submitted")


def extend_lease(*, assignment: Assignment) -> datetime:
    """More time, from now, up to four times the project's limit in all."""
    project = assignment.project
    now = timezone.now()
    latest = assignment.created_at + _EXTENSIONS * timedelta(seconds=project.lease_seconds)
    until = min(now + timedelta(seconds=project.lease_seconds), latest)
    changed = Assignment.objects.filter(
        pk=assignment.pk, state=Assignment.State.LEASED, lease_expires_at__gt=now
    ).update(lease_expires_at=until)
    if not changed:
        raise Conflict(
            _("The time for this item ran out. Your draft is kept; reclaim the item to go on."),
            code="lease_expired",
        )
    return until


@transaction.atomic
def reclaim_assignment(*, assignment: Assignment) -> datetime:
    """Take an expired item up again, if its slot was not given to somebody else meanwhile."""
    _refuse_unless_live(assignment.project, assignment.worker)
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"id": assignment.pk, "lease": assignment.project.lease_seconds}
        cursor.execute(_REVIVE, values)
        cursor.execute(_RECLAIM, values)
        won = cursor.rowcount
    assignment.refresh_from_db(fields=["state", "lease_expires_at"])
    if not won and assignment.state != Assignment.State.LEASED:
        raise Conflict(
            _("Somebody else has this item now. Your draft stays on this device; take another item."),
            code="slot_gone",
        )
    return assignment.lease_expires_at


# Run out, but not swept yet: nobody else can have the slot, so the lease simply goes on.
_REVIVE = """
UPDATE tasks_app_assignment SET lease_expires_at = now() + make_interval(secs => %(lease)s)
WHERE id = %(id)s AND state = 'leased' AND lease_expires_at < now()
"""


@transaction.atomic
def expire_leases(*, limit: int = 1000) -> int:
    """Reopen the slots of leases that ran out. Returns how many; run again while it returns `limit`."""
    return _end(_EXPIRE, state=Assignment.State.EXPIRED, limit=limit)


def expire_lease(*, assignment: Assignment) -> None:
    """End one lease that ran out, before the sweep comes by; else nothing happens."""
    _end(_EXPIRE_ONE, state=Assignment.State.EXPIRED, id=assignment.pk)


@transaction.atomic
def end_leases_of(*, project: Project, worker: User, reason: str) -> int:
    """Take everything back that the person holds in the project; what was just submitted stands."""
    return _end(
        _END_ALL,
        state=Assignment.State.RETURNED,
        reason=reason,
        project=project.pk,
        worker=worker.pk,
    )


def _end(statement: str, *, state: str, reason: str = "", **which: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"state": str(state), "reason": through_gate(reason)[:300], **which})
        rows = cursor.fetchall()
    unused: dict[UUID, int] = {}
    for project_id, closed, _n in rows:
        unused[project_id] = unused.get(project_id, 0) + closed
    for project_id, count in unused.items():
        if count:
            slots.release(Project.objects.get(pk=project_id), count, state)
    return sum(n for _project, _closed, n in rows)
