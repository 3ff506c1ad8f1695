"""What people say about predictions."""

import hashlib
from typing import Any

from django.core import signing
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common import audit
from common.errors import Conflict, Invalid, NotFound, Problem
from privacy.pii.learned import Learned
from privacy.services import learning
from tasks_app.fields.problem import InvalidAnswer
from tasks_app.fields.schema import parse_fields
from training import redaction
from training.models import Feedback, Prediction
from training.services import cases

SALT = "training.feedback"
LINK_SECONDS = 30 * 24 * 3600


def sign_link(prediction: Prediction, end_user: str) -> str:
    """A token that lets one end user, known to the caller as `end_user`, give feedback once."""
    subject = hashlib.sha256(end_user.encode()).hexdigest()
    return signing.dumps([str(prediction.pk), subject], salt=SALT)


def read_link(token: str) -> tuple[Prediction, str]:
    """The prediction and the hashed end user of a token. Raises NotFound for a forged or old one."""
    try:
        prediction_id, subject = signing.loads(token, salt=SALT, max_age=LINK_SECONDS)
    except signing.BadSignature:
        prediction_id, subject = None, ""
    prediction = Prediction.objects.filter(pk=prediction_id).first() if prediction_id else None
    if prediction is None:
        raise NotFound(_("This link does not work, or not any more."))
    return prediction, subject


def give_feedback(
    *,
    prediction: Prediction,
    author: User | None = None,
    end_user: str = "",
    thumbs: int | None = None,
    rating: int | None = None,
    correction: Any = None,
    comment: str = "",
) -> Feedback:
    """Keep one person's word on a prediction. `correction` has the offsets of the text that was sent.

    Raises Invalid when nothing is said or the correction does not fit the field, Conflict the second time.
    """
    if thumbs is None and rating is None and correction is None and not comment.strip():
        detail = _("Send at least one of thumbs, rating, correction and comment.")
        raise Invalid(detail, problems=[Problem("", "empty", detail)])
    learned = learning.learned_by(prediction.version.model.project_id)
    corrected = _checked(prediction, correction, learned) if correction is not None else None
    try:
        with transaction.atomic():
            feedback = Feedback.objects.create(
                prediction=prediction,
                author=author,
                end_user=end_user,
                thumbs=thumbs,
                rating=rating,
                correction=corrected,
                comment=redaction.redact_text(comment.strip(), learned)[:2000],
            )
            cases.file_feedback(feedback)
            audit.record("prediction.feedback", prediction, actor=author.pk if author else None)
            return feedback
    except IntegrityError:
        raise Conflict(_("You have given feedback on this answer already. Thank you.")) from None


def _checked(prediction: Prediction, correction: Any, learned: Learned) -> Any:
    """The canonical correction in the stored text's offsets."""
    snapshot, model = prediction.version.snapshot, prediction.version.model
    field = next(f for f in parse_fields(snapshot.fields) if f.name == model.field)
    moved = redaction.carry(correction, redaction.maps_from_json(prediction.shifts))
    try:
        checked = field.check(moved, prediction.payload, "/correction")
        return redaction.redact_text(checked, learned) if field.type == "text" else checked
    except InvalidAnswer as invalid:
        problems = [Problem(p.pointer, p.code, p.detail) for p in invalid.problems]
        raise Invalid(_("This correction does not fit the field."), problems=problems) from None


def mark_handled(*, feedback: Feedback, actor: User) -> None:
    """Take one entry out of the inbox. Raises Conflict when somebody else has done so."""
    if not Feedback.objects.filter(pk=feedback.pk, handled_at=None).update(handled_at=timezone.now()):
        raise Conflict(_("Somebody has dealt with this already."))
    audit.record("feedback.handled", feedback.prediction, actor=actor.pk)
