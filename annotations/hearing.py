"""Who may hear an appeal: somebody else than who decided, while there is anybody else."""

from uuid import UUID

from django.db.models import Q

from accounts.models import Membership, Role
from tasks_app.models import Project

_REVIEWERS = [Role.REVIEWER, Role.REQUESTER, Role.ADMIN]


def somebody_else(project: Project, but: set[UUID]) -> bool:
    """Whether anybody could decide in this project besides the people in `but`."""
    if project.owner_id not in but:
        return True
    here = Q(scope=project.pk, role__in=_REVIEWERS)
    everywhere = Q(scope=None, role__in=[Role.REVIEWER, Role.ADMIN])
    others = Membership.objects.filter(here | everywhere, user__is_active=True).exclude(user__in=but)
    return others.exists()
