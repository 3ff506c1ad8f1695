"""What a project may still owe for answers that were rejected: an appeal can win it for a week."""

from uuid import UUID

from django.db.models import Q, Sum
from django.utils import timezone

from annotations.models import Answer, Appeal


def may_be_owed(project_id: UUID) -> int:
    """The pay, in minor units, of rejected answers that are or can still be appealed."""
    rejected = Answer.objects.filter(project_id=project_id, state=Answer.State.REJECTED)
    open_ = Q(appeal__state=Appeal.State.OPEN)
    possible = Q(appeal__isnull=True, decided_at__gt=timezone.now() - Appeal.WITHIN)
    total = rejected.filter(open_ | possible).aggregate(n=Sum("assignment__reward_minor"))["n"]
    return total or 0
