"""The learner's side: a signed link, and the right to say that a score is wrong."""

import contextlib
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from applications.education_grading.models import Submission
from common import audit
from common.errors import Conflict, Invalid, NotFound, Problem
from training.services.feedback import give_feedback

SALT = "education_grading.learner_link"
LINK_SECONDS = 180 * 24 * 3600


def sign_link(submission: Submission) -> str:
    return signing.dumps(str(submission.pk), salt=SALT)


def read_link(token: str) -> Submission:
    """Raises NotFound for a forged or old one, and while the answer may not be shown."""
    try:
        key = UUID(signing.loads(token, salt=SALT, max_age=LINK_SECONDS))
    except (signing.BadSignature, ValueError):
        raise NotFound(_("This link does not work, or not any more.")) from None
    row = Submission.objects.filter(pk=key, restricted=False).select_related("question__project").first()
    if row is None:
        raise NotFound(_("This link does not work, or not any more."))
    return row


def object_to(*, submission: Submission, reason: str) -> Submission:
    """Back to the teachers, once for each decision. Raises Conflict where it was not released."""
    if not reason.strip():
        detail = _("Say in a sentence what you disagree with.")
        raise Invalid(detail, problems=[Problem("/reason", "required", detail)])
    with transaction.atomic():
        won = Submission.objects.filter(
            pk=submission.pk, round=submission.round, state=Submission.State.RELEASED
        ).update(state=Submission.State.WAITING, round=submission.round + 1, disputed_at=timezone.now())
        if not won:
            raise Conflict(_("This was sent to your teacher already."), code="already_sent")
        submission.refresh_from_db()
        submission.objection = reason.strip()[:2000]
        submission.save(update_fields=["objection"])
        audit.record("grading.objection", submission, actor=None)
        prediction = submission.score_prediction
        if prediction is not None:
            with contextlib.suppress(Conflict):  # they have said so of this answer before
                give_feedback(
                    prediction=prediction, end_user=submission.learner, thumbs=-1,
                    comment=submission.objection,
                )  # fmt: skip
    return submission
