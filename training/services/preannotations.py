"""Asking a version for suggestions ahead of the people."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common import audit
from common.errors import Conflict, Invalid, Problem
from common.queueing import enqueue_on_commit
from training import preannotating, tasks
from training.models import ModelVersion, Preannotation
from training.services.registry import hold_free

State = Preannotation.State
USUAL_SHARE = 0.9


@transaction.atomic
def start_preannotation(
    *, version: ModelVersion, actor: User | None, share: float = USUAL_SHARE
) -> Preannotation:
    """Queue suggestions by `version` for its project's open items. Items with answers are left alone.

    Raises Conflict while such work is under way for the same field, and where no item is open.
    """
    if not 0 < share <= 1:
        detail = _("Give a share above 0 and up to 1.")
        raise Invalid(detail, problems=[Problem("/share", "range", detail)])
    hold_free(version)
    project = version.model.project
    total = preannotating.open_items(project.pk).count()
    if not total:
        raise Conflict(_("No item of this project waits for its first answer."))
    try:
        with transaction.atomic():
            wish = Preannotation.objects.create(
                project=project, version=version, field=version.model.field, share=share, total=total,
                created_by=actor,
            )  # fmt: skip
    except IntegrityError:
        raise Conflict(_("Suggestions for this field are being made already.")) from None
    audit.record(
        "preannotation.started", wish, actor=actor.pk if actor else None, version=version.number, share=share
    )
    enqueue_on_commit(tasks.predict_suggestions, wish.pk)
    return wish


@transaction.atomic
def cancel_preannotation(*, wish: Preannotation, actor: User | None) -> Preannotation:
    """Whoever works on it stops at the next chunk; the suggestions made so far stay."""
    live = Preannotation.objects.filter(pk=wish.pk, state__in=[State.QUEUED, State.RUNNING])
    if not live.update(state=State.CANCELLED, claim=None, finished_at=timezone.now()):
        raise Conflict(_("This has ended already; there is nothing to cancel."))
    audit.record("preannotation.cancelled", wish, actor=actor.pk if actor else None)
    wish.refresh_from_db()
    return wish
