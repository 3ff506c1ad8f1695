"""Who may hear an appeal: somebody else than who decided, while there is anybody else."""

from uuid import UUID

from django.db.models import Q

from accounts.models import Membership, Role
from accounts.roles import IMPLIED
from tasks_app.models import Project

_HOLD_EVERYWHERE = {Role.REVIEWER, Role.ADMIN}


def somebody_else(project: Project, but: set[UUID], *, role: Role = Role.REVIEWER) -> bool:
    """Whether anybody with `role`, which deciding takes, could do so in this project but those in `but`."""
    if project.owner_id not in but:
        return True
    enough = {one for one in Role if role in IMPLIED[one]}
    here = Q(scope=project.pk, role__in=enough)
    everywhere = Q(scope=None, role__in=enough & _HOLD_EVERYWHERE)
    others = Membership.objects.filter(here | everywhere, user__is_active=True).exclude(user__in=but)
    return others.exists()
