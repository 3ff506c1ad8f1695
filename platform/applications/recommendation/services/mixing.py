"""The wish that weights be learned anew, and what the owner of a project sets by hand."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from applications.recommendation import tasks
from applications.recommendation.models import Mixture
from common import audit
from common.errors import Invalid, Problem
from common.queueing import enqueue_on_commit
from tasks_app.models import Project


@transaction.atomic
def ask_to_learn(*, project: Project, actor: User) -> Mixture:
    """Queue it. While it waits or runs already, that one is it."""
    row = _held(project)
    if not row.is_live:
        row.state, row.claim, row.queued_at = Mixture.State.QUEUED, None, timezone.now()
        row.progress, row.reason, row.asked_by = 0, "", actor
        row.save()
        audit.record("recommendation.learning_asked", row, actor=actor.pk)
    enqueue_on_commit(tasks.predict_mixture, project.pk)
    return row


@transaction.atomic
def set_diversity(*, project: Project, diversity: float, actor: User) -> Mixture:
    """0: by score alone. 1: as different from each other as can be."""
    if not 0 <= diversity <= 1:
        detail = _("Give a number from 0 to 1.")
        raise Invalid(detail, problems=[Problem("/diversity", "range", detail)])
    row = _held(project)
    row.diversity = diversity
    row.save(update_fields=["diversity"])
    audit.record("recommendation.diversity_set", row, actor=actor.pk, diversity=diversity)
    return row


def _held(project: Project) -> Mixture:
    Mixture.objects.get_or_create(project=project, defaults={"state": Mixture.State.DONE})
    return Mixture.objects.select_for_update().get(project=project)
