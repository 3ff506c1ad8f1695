"""What there is to do without anybody's asking: floors to choose anew, posts to read."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from applications.asking import in_production
from applications.social_content.access import TEMPLATE
from applications.social_content.models import Floor
from applications.social_content.scoring import SAFETY
from applications.social_content.scoring_round import unread
from tasks_app.models import Project
from training import background
from training.background import State

TRY_AGAIN_AFTER = timedelta(minutes=10)


def floors_due() -> list[UUID]:
    """Floors whose version is not the one in production are queued; those that lie about come with them."""
    for project in Project.objects.filter(template=TEMPLATE):
        version = in_production(project, SAFETY)
        floor = Floor.objects.filter(project=project).first()
        if version is None or (floor is not None and (floor.is_live or _is_of(floor, version.pk))):
            continue
        queue_floor(floor or Floor.objects.get_or_create(project=project)[0])
    return background.take_back_lost(Floor)


def queue_floor(floor: Floor, *, asked_by: User | None = None) -> bool:
    """Once, however many ask; one that is being worked on is asked for again when it is done.

    Who asks while it waits or is made, of the platform's own accord, hears of its end.
    """
    if asked_by is not None:
        live = Floor.objects.filter(pk=floor.pk, state__in=[State.QUEUED, State.RUNNING], asked_by=None)
        live.update(asked_by=asked_by)
    idle = Floor.objects.filter(pk=floor.pk).exclude(state__in=[State.QUEUED, State.RUNNING])
    fresh = {"queued_at": timezone.now(), "reason": "", "progress": 0}
    return bool(idle.update(state=State.QUEUED, claim=None, asked_by=asked_by, **fresh))


def projects_with_unread() -> list[UUID]:
    found = []
    for project in Project.objects.filter(template=TEMPLATE):
        version = in_production(project, SAFETY)
        if version is not None and unread(project.pk, version).exists():
            found.append(project.pk)
    return found


def _is_of(floor: Floor, version_id: UUID) -> bool:
    """Chosen for this version, or tried a moment ago without success."""
    failed = floor.state == State.FAILED and floor.queued_at > timezone.now() - TRY_AGAIN_AFTER
    return failed or floor.version_id == version_id
