"""Answers are approved and paid here and nowhere else: exactly once, whoever comes first.

Locks are taken in one order everywhere: items, then answers, then money.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Min
from django.utils import timezone

from common.rounds import each
from rewards.services import ledger
from rewards.services.ledger import Payment
from tasks_app.models import Project

_BATCH = 500
_APPROVE = """
UPDATE annotations_answer a SET state = 'approved', decided_at = now()
FROM tasks_app_project p
WHERE a.id = ANY(%s::uuid[]) AND a.state = 'pending' AND p.id = a.project_id
RETURNING a.id, a.worker_id, a.project_id, a.created_at, p.currency, p.title,
          (SELECT reward_minor - a.partial_minor FROM tasks_app_assignment s WHERE s.id = a.assignment_id)
"""
# SKIP LOCKED: whoever holds one of these approves it.
_GOLD_BEFORE = """
SELECT a.id FROM annotations_answer a
JOIN unnest(%s::uuid[], %s::timestamptz[]) AS approved (worker_id, at) USING (worker_id)
WHERE a.project_id = %s AND a.state = 'pending' AND a.gold_scores IS NOT NULL AND a.created_at <= approved.at
ORDER BY a.id FOR UPDATE OF a SKIP LOCKED
"""
_PROJECTS_WITH_OVERDUE = """
SELECT DISTINCT a.project_id FROM annotations_answer a JOIN tasks_app_project p ON p.id = a.project_id
WHERE a.state = 'pending' AND a.source = 'crowd' AND a.created_at < %s
  AND a.created_at < now() - make_interval(secs => p.auto_approve_after)
"""
_OVERDUE = """
SELECT a.id FROM annotations_answer a JOIN tasks_app_project p ON p.id = a.project_id
WHERE a.project_id = %s AND a.state = 'pending' AND a.source = 'crowd'
  AND a.created_at < now() - make_interval(secs => p.auto_approve_after)
ORDER BY a.created_at LIMIT %s FOR UPDATE OF a SKIP LOCKED
"""


@dataclass(frozen=True, slots=True)
class Approved:
    """An answer that has just been approved, and what it still earns."""

    id: UUID
    worker_id: UUID
    project_id: UUID
    created_at: datetime
    currency: str
    title: str
    reward_minor: int | None


def approve(answer_ids: Iterable[UUID]) -> list[Approved]:
    """Mark those still pending as approved and return them for `pay`; in a transaction, before money moves.

    Along go the same people's earlier answers to gold items: were these decided at another time than the
    rest, anyone could tell which items are gold.
    """
    approved = _approve(answer_ids)
    return approved + _approve(_gold_before(approved)) if approved else []


def _approve(answer_ids: Iterable[UUID]) -> list[Approved]:
    wanted = list(answer_ids)
    if not wanted:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_APPROVE, [wanted])
        return [Approved(*row) for row in cursor.fetchall()]


def _gold_before(approved: Sequence[Approved]) -> list[UUID]:
    latest: dict[UUID, datetime] = {}
    for row in approved:
        latest[row.worker_id] = max(latest.get(row.worker_id, row.created_at), row.created_at)
    with connection.cursor() as cursor:
        cursor.execute(_GOLD_BEFORE, [list(latest), list(latest.values()), approved[0].project_id])
        return [row[0] for row in cursor.fetchall()]


def pay(approved: Sequence[Approved]) -> None:
    """Pay for answers of one project. An answer's id is its payment's key: nothing can pay it again."""
    payments = [
        Payment(
            worker_id=row.worker_id, amount_minor=row.reward_minor, key=f"answer:{row.id}", memo=row.title
        )
        for row in approved
        if row.reward_minor
    ]
    if payments:
        ledger.pay(project_id=approved[0].project_id, currency=approved[0].currency, payments=payments)


def auto_approve() -> int:
    """Nobody waits for ever: approve and pay what was left undecided for longer than its project allows."""
    shortest = Project.objects.aggregate(n=Min("auto_approve_after"))["n"]
    if shortest is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_PROJECTS_WITH_OVERDUE, [timezone.now() - timedelta(seconds=shortest)])
        projects = [row[0] for row in cursor.fetchall()]
    return sum(each(_approve_all_overdue, projects))


def _approve_all_overdue(project_id: UUID) -> int:
    total = 0
    while count := _approve_overdue(project_id):
        total += count
    return total


@transaction.atomic
def _approve_overdue(project_id: UUID) -> int:
    """One project at a time: paying for two in one transaction would break the order of locks."""
    with connection.cursor() as cursor:
        cursor.execute(_OVERDUE, [project_id, _BATCH])
        due = [row[0] for row in cursor.fetchall()]
    approved = _approve(due)
    pay(approved)
    return len(approved)
