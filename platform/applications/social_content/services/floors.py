"""What a project promises of the posts that it shows."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from applications.social_content import access, calibrating, tasks
from applications.social_content.models import Floor
from applications.social_content.watching import queue_floor
from common import audit
from common.errors import Invalid, Problem
from common.queueing import enqueue_on_commit
from tasks_app.models import Project

LEAST, MOST = 0.5, 0.9999


@transaction.atomic
def set_floor(*, project: Project, wanted: float, confidence: float, actor: User) -> Floor:
    """Promise that at least `wanted` of what is shown is safe. The threshold follows at once.

    Where the held-out posts do not bear the promise there is no threshold, and only what people found safe
    is shown. Raises Invalid for a share that nobody can promise.
    """
    for name, value in (("wanted", wanted), ("confidence", confidence)):
        if not LEAST <= value <= MOST:
            detail = _("Give a share from 0.5 to 0.9999.")
            raise Invalid(detail, problems=[Problem(f"/{name}", "range", detail)])
    floor = Floor.objects.select_for_update().get(pk=access.floor_of(project).pk)
    floor.wanted, floor.confidence = wanted, confidence
    floor.threshold = calibrating.choice_of(floor).threshold if floor.version_id else None
    floor.save(update_fields=["wanted", "confidence", "threshold"])
    audit.record("social.floor_set", floor, actor=actor.pk, wanted=wanted, confidence=confidence)
    if floor.version_id is None:
        ask_calibration(floor=floor, actor=actor)
    return floor


@transaction.atomic
def ask_calibration(*, floor: Floor, actor: User | None) -> bool:
    """Have a worker choose the threshold for the version in production; False where one is at it."""
    asked = queue_floor(floor, asked_by=actor)
    if asked:
        enqueue_on_commit(tasks.predict_floor, floor.pk)
    return asked
