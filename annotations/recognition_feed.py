"""What recognition is made from: the hours in which people answered. Rejected answers are left out, gold is
not: it is approved together with the rest, and nothing here tells it apart."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from accounts.models import User
from annotations import selectors
from rewards.services import recognition
from rewards.services.recognition import Skill, Worked

_WORK = """
SELECT date_trunc('hour', created_at), project_id, count(*), count(*) FILTER (WHERE state = 'approved')
FROM annotations_answer WHERE worker_id = %s AND source = 'crowd' AND state <> 'rejected' GROUP BY 1, 2
"""
# Somebody who has answered or been paid since; for what is decided without pay, four times a day.
_CHANGED = """
SELECT w.worker_id FROM (SELECT DISTINCT worker_id FROM tasks_app_workerprogress) w
LEFT JOIN rewards_recognition r ON r."user" = w.worker_id
CROSS JOIN LATERAL (SELECT created_at FROM annotations_answer a WHERE a.worker_id = w.worker_id
                    ORDER BY a.created_at DESC LIMIT 1) latest
WHERE r.updated_at IS NULL OR latest.created_at > r.updated_at - interval '1 min'
   OR latest.created_at > now() - interval '60 days' AND r.updated_at < now() - interval '6 hours'
   OR EXISTS (SELECT 1 FROM rewards_ledgeraccount l
              CROSS JOIN LATERAL (SELECT transfer_id FROM rewards_entry e WHERE e.account_id = l.id
                                  ORDER BY e.id DESC LIMIT 1) last
              JOIN rewards_transfer t ON t.id = last.transfer_id
              WHERE l.owner = w.worker_id AND l.kind = 'wallet'
                AND t.created_at > r.updated_at - interval '1 min')
LIMIT %s
"""


def work_of(user_id: UUID) -> list[Worked]:
    with connection.cursor() as cursor:
        cursor.execute(_WORK, [user_id])
        return [Worked(*row) for row in cursor.fetchall()]


def skills_of(user_id: UUID) -> Sequence[Skill]:
    user = User.objects.filter(pk=user_id).first()
    lines = selectors.my_skills(user) if user else []
    return [Skill(line.project, line.field, line.accuracy, line.answers) for line in lines]


def update_changed(*, limit: int = 2_000) -> int:
    """The sweep: people whose figures may have changed."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, [limit])
        due = [row[0] for row in cursor.fetchall()]
    for user_id in due:
        recognition.update_recognition(user_id=user_id)
    return len(due)
