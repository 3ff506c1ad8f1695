"""What a project may still owe for answers that were rejected: an appeal can win it for a week."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum
from django.utils import timezone

from annotations.models import Answer, Appeal


def may_be_owed(project_id: UUID) -> int:
    """The pay, in minor units, of rejected answers that are or can still be appealed."""
    rejected = Answer.objects.filter(project_id=project_id, state=Answer.State.REJECTED)
    possible = rejected.filter(appeal__isnull=True, decided_at__gt=timezone.now() - Appeal.WITHIN)
    appeals = Appeal.objects.filter(
        state=Appeal.State.OPEN, answer__project=project_id, answer__state=Answer.State.REJECTED
    )
    # Two sums, each along an index of its own: together they would be looked for among all answers.
    return _pay(possible, "assignment__reward_minor") + _pay(appeals, "answer__assignment__reward_minor")


def _pay(rows: QuerySet[Any], reward: str) -> int:
    return rows.aggregate(n=Sum(reward))["n"] or 0
