"""Claim, return, extend, reclaim, expire: who holds which slot, and until when.

Each is one SQL statement, so that no moment exists in which an item's counter and its assignments disagree.
The database refuses what a mistake here would do: `taken <= slots` and one assignment per item and person are
constraints.
"""

import json
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.errors import Conflict, Forbidden
from common.ids import uuid7
from tasks_app import selectors
from tasks_app.models import Assignment, Project, WorkerProgress
from tasks_app.services import slots

MAX_LIVE = 5
_EXTENSIONS = 4
_random = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Lease:
    assignment_id: UUID
    item_id: UUID
    payload: dict[str, Any]
    lease_expires_at: datetime
    schema_version_id: UUID


# One statement: find free slots, take them, lease them, move the person's cursor.
# SKIP LOCKED lets simultaneous claims pass each other instead of queueing on the first free item.
_CLAIM = """
WITH live AS (
    SELECT count(*) AS n FROM tasks_app_assignment
    WHERE worker_id = %(worker)s AND project_id = %(project)s AND state = 'leased'
), picked AS MATERIALIZED (
    SELECT i.id, i.priority, i.position FROM tasks_app_item i
    WHERE i.project_id = %(project)s AND i.state = 'open' AND i.taken < i.slots AND {kind}
      AND NOT EXISTS (SELECT 1 FROM tasks_app_assignment a
                      WHERE a.item_id = i.id AND a.worker_id = %(worker)s)
    ORDER BY {order}
    LIMIT greatest(0, least(%(count)s, %(max_live)s - (SELECT n FROM live)))
    FOR UPDATE SKIP LOCKED
), numbered AS (
    SELECT id, priority, position, row_number() OVER (ORDER BY priority DESC, position) AS n FROM picked
), taken AS (
    UPDATE tasks_app_item i SET taken = taken + 1 FROM numbered WHERE i.id = numbered.id
    RETURNING i.id, i.payload
), leased AS (
    INSERT INTO tasks_app_assignment
        (id, project_id, item_id, worker_id, schema_version_id, state, reward_minor, claim_key, reason,
         created_at, lease_expires_at)
    SELECT (%(ids)s::uuid[])[n], %(project)s, id, %(worker)s, %(schema)s, 'leased', %(reward)s, %(claim_key)s,
           '', now(), now() + make_interval(secs => %(lease)s)
    FROM numbered
    RETURNING id, item_id, lease_expires_at
), moved AS (
    UPDATE tasks_app_workerprogress SET claimed = claimed + (SELECT count(*) FROM leased){cursor}
    WHERE id = %(progress)s
)
SELECT leased.id, leased.item_id, taken.payload, leased.lease_expires_at
FROM leased JOIN taken ON taken.id = leased.item_id ORDER BY leased.id
"""
_AFTER_CURSOR = """i.gold IS NULL AND i.priority <= %(cursor_priority)s
      AND (i.priority < %(cursor_priority)s OR i.position > %(cursor_position)s)"""
_MOVE_CURSOR = """,
        cursor_priority = coalesce((SELECT priority FROM numbered ORDER BY n DESC LIMIT 1), cursor_priority),
        cursor_position = coalesce(
            (SELECT position FROM numbered ORDER BY n DESC LIMIT 1), cursor_position)"""
_ORDINARY_LEFT = """EXISTS (
        SELECT 1 FROM tasks_app_item o
        WHERE o.project_id = %(project)s AND o.state = 'open' AND o.taken < o.slots AND o.gold IS NULL
          AND NOT EXISTS (SELECT 1 FROM tasks_app_assignment a
                          WHERE a.item_id = o.id AND a.worker_id = %(worker)s))"""
_ORDINARY = {"order": "i.priority DESC, i.position", "cursor": _MOVE_CURSOR}
CLAIM_FROM_START = _CLAIM.format(kind="i.gold IS NULL", **_ORDINARY)
CLAIM_AFTER_CURSOR = _CLAIM.format(kind=_AFTER_CURSOR, **_ORDINARY)
# Gold comes in another order for each person, and only while ordinary work is left: alone it would show.
CLAIM_GOLD = _CLAIM.format(
    kind=f"i.gold IS NOT NULL AND {_ORDINARY_LEFT}",
    order="md5(i.id::text || %(worker)s::text), i.position",
    cursor="",
)


def claim_items(*, project: Project, worker: User, count: int = 1, claim_key: str = "") -> list[Lease]:
    """Lease up to `count` items (at most 5 live ones a person and project). Empty when none is left.

    The same `claim_key` again returns the leases that it made the first time.
    """
    _refuse_unless_live(project)
    schema_id = selectors.current_schema(project).pk
    with transaction.atomic():
        progress = _lock_progress(project, worker)
        if claim_key and (again := _claimed_before(project, worker, claim_key)):
            return again
        leases = _claim(project, worker, schema_id, count, claim_key, progress)
    _random.shuffle(leases)
    return leases


def _refuse_unless_live(project: Project) -> None:
    if project.state == Project.State.PAUSED:
        raise Conflict(_("This project is paused. Your submitted work stays counted."), code="paused")
    if project.state != Project.State.PUBLISHED:
        raise Conflict(_("This project is finished. Thank you for your work."), code="finished")


# As SQL, like all that a claim does: building it anew each time costs more than running it.
_LOCK = "SELECT * FROM tasks_app_workerprogress WHERE project_id = %s AND worker_id = %s FOR UPDATE"


def _lock_progress(project: Project, worker: User) -> WorkerProgress:
    """The row whose lock makes one person's simultaneous claims take turns; made by the first one."""
    mine = WorkerProgress.objects.raw(_LOCK, [project.pk, worker.pk])
    progress = next(iter(mine), None)
    if progress is None:
        WorkerProgress.objects.bulk_create(
            [WorkerProgress(project=project, worker=worker)], ignore_conflicts=True
        )
        [progress] = WorkerProgress.objects.raw(_LOCK, [project.pk, worker.pk])
    if progress.banned_at is not None:
        raise Forbidden(
            _("You cannot take more items of this project. Accepted work stays paid."), code="banned"
        )
    return progress


def _claim(
    project: Project, worker: User, schema_id: UUID, count: int, claim_key: str, progress: WorkerProgress
) -> list[Lease]:
    parameters = {
        "project": project.pk,
        "worker": worker.pk,
        "schema": schema_id,
        "reward": project.reward_minor,
        "lease": project.lease_seconds,
        "claim_key": claim_key,
        "max_live": MAX_LIVE,
        "progress": progress.pk,
        "cursor_priority": progress.cursor_priority,
        "cursor_position": progress.cursor_position,
    }
    gold = sum(_random.random() < project.gold_share for _slot in range(count))
    leases = _run(CLAIM_GOLD, parameters, schema_id, gold) if gold else []
    wanted = count - len(leases)
    if progress.cursor_position is not None:
        leases += _run(CLAIM_AFTER_CURSOR, parameters, schema_id, wanted)
        wanted = count - len(leases)
    # Slots behind the cursor come back by expiry, return and rejection: look from the start once more.
    return leases + _run(CLAIM_FROM_START, parameters, schema_id, wanted)


def _run(statement: str, parameters: dict[str, Any], schema_id: UUID, count: int) -> list[Lease]:
    if count <= 0:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement, {**parameters, "count": count, "ids": [uuid7() for _slot in range(count)]})
        return [
            Lease(pk, item, payload if isinstance(payload, dict) else json.loads(payload), expires, schema_id)
            for pk, item, payload, expires in cursor.fetchall()
        ]


_CLAIMED_BEFORE = """
SELECT id FROM tasks_app_assignment
WHERE worker_id = %s AND project_id = %s AND state = 'leased' AND claim_key = %s
"""


def _claimed_before(project: Project, worker: User, claim_key: str) -> list[Lease]:
    """Asked at every claim and nearly always empty, hence without the cost of building a query."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIMED_BEFORE, [worker.pk, project.pk, claim_key])
        found = [row[0] for row in cursor.fetchall()]
    if not found:
        return []
    return [lease_of(row) for row in Assignment.objects.filter(pk__in=found).select_related("item")]


def lease_of(row: Assignment) -> Lease:
    return Lease(row.pk, row.item_id, row.item.payload, row.lease_expires_at, row.schema_version_id)


_RETURN = """
WITH given_back AS (
    UPDATE tasks_app_assignment SET state = 'returned', closed_at = now(), reason = %(reason)s
    WHERE id = %(id)s AND state = 'leased' RETURNING item_id
)
UPDATE tasks_app_item i SET taken = taken - 1 FROM given_back WHERE i.id = given_back.item_id
"""
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
    with connection.cursor() as cursor:
        cursor.execute(_RETURN, {"id": assignment.pk, "reason": reason[:300]})
        if cursor.rowcount:
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
    _refuse_unless_live(assignment.project)
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

_EXPIRE = """
WITH due AS (
    SELECT id, item_id FROM tasks_app_assignment
    WHERE state = 'leased' AND lease_expires_at < now()
    ORDER BY lease_expires_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), items AS MATERIALIZED (
    -- Locked in one order: two sweeps at once must not wait for each other in a circle.
    SELECT id FROM tasks_app_item WHERE id IN (SELECT item_id FROM due) ORDER BY id FOR UPDATE
), expired AS (
    UPDATE tasks_app_assignment a SET state = 'expired', closed_at = now()
    FROM due WHERE a.id = due.id AND (SELECT count(*) FROM items) > 0 RETURNING a.item_id
), counted AS (SELECT item_id, count(*) AS n FROM expired GROUP BY item_id)
UPDATE tasks_app_item i
SET taken = taken - n, slots = CASE WHEN state IN ('closed', 'withdrawn') THEN slots - n ELSE slots END
FROM counted WHERE i.id = counted.item_id
RETURNING i.project_id, CASE WHEN state IN ('closed', 'withdrawn') THEN n ELSE 0 END, n
"""


@transaction.atomic
def expire_leases(*, limit: int = 1000) -> int:
    """Reopen the slots of leases that ran out. Returns how many; run again while it returns `limit`."""
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRE, {"limit": limit})
        rows = cursor.fetchall()
    unused: dict[UUID, int] = {}
    for project_id, closed, _n in rows:
        unused[project_id] = unused.get(project_id, 0) + closed
    for project_id, count in unused.items():
        if count:
            slots.release(Project.objects.get(pk=project_id), count, "expired")
    return sum(n for _project, _closed, n in rows)
