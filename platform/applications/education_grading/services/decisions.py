"""What teachers decide, and what comes of it for the models."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from applications.education_grading.drafting import draft
from applications.education_grading.grading import score_value, span_values, top_of
from applications.education_grading.models import FeedbackEdit, Submission
from common import audit
from common.errors import Conflict, Invalid, Problem
from training.models import Prediction
from training.services.feedback import give_feedback

_PREDICTIONS = ("score_prediction", "missing_prediction")


def decide(
    *,
    submission: Submission,
    actor: User,
    round: int,
    score: int | None = None,
    missing: Sequence[int] | None = None,
    feedback: str | None = None,
) -> Submission:
    """Release an answer with this score, these missing points and these words; what is None stays proposed.

    On an objection it stays as the teacher had decided it: what was proposed before counts no more.

    round: as the teacher saw it. Raises Conflict with the code `already_decided` where another teacher was
    quicker, Invalid for a score that is none, or where nothing was proposed and none is given.
    """
    question = submission.question
    top = top_of(question.project)
    stands = submission.score if submission.disputed_at is not None else submission.proposed
    final = stands if score is None else score
    lacking = list(submission.missing if missing is None else sorted(set(missing)))
    _check(final, lacking, top, len(question.points))
    words = feedback if feedback is not None else submission.feedback
    changed = final != submission.score or lacking != submission.missing
    if feedback is None and changed and final is not None:
        words = draft(
            score=final, top=top, points=question.point_texts, missing=lacking, language=question.language
        )
    with transaction.atomic():
        won = Submission.objects.filter(pk=submission.pk, round=round, state=Submission.State.WAITING).update(
            state=Submission.State.RELEASED, round=round + 1, score=final, missing=lacking, feedback=words,
            decided_by=actor, decided_at=timezone.now(), disputed_at=None, taught_at=None,
        )  # fmt: skip
        if not won:
            raise Conflict(_("Another teacher has decided this answer meanwhile."), code="already_decided")
        submission.refresh_from_db()
        if words != _last_words(submission):
            FeedbackEdit.objects.create(submission=submission, text=words, editor=actor)
        audit.record("grading.decided", submission, actor=actor.pk, score=final, proposed=submission.proposed)
        _into_the_loop(submission, int(final or 0), actor)
    return submission


def _check(score: int | None, missing: Sequence[int], top: int, points: int) -> None:
    problems = []
    if score is None or not 0 <= score <= top:
        problems.append(Problem("/score", "range", _("A score is a whole number from 0 to %d.") % top))
    if any(not 0 <= number < points for number in missing):
        problems.append(Problem("/missing", "range", _("There is no such point.")))
    if problems:
        raise Invalid(problems[0].detail, problems=problems)


def _last_words(submission: Submission) -> str:
    last = submission.edits.order_by("-pk").first()
    return last.text if last else ""


def _into_the_loop(submission: Submission, score: int, actor: User) -> None:
    """Both models hear what was right. Who has told them already, for the same answer, is not asked again."""
    places = submission.question.places
    spans = span_values(places, submission.missing)
    for name, correction in zip(_PREDICTIONS, (score_value(score), spans), strict=True):
        prediction: Prediction | None = getattr(submission, name)
        if prediction is not None:
            try:
                give_feedback(prediction=prediction, author=actor, correction=correction)
            except Conflict:
                continue
