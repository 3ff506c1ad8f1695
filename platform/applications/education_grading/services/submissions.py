"""Answers of learners on their way in: kept, judged, and released or put before a teacher."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from applications import subjects
from applications.asking import ask
from applications.education_grading import calibrating
from applications.education_grading.drafting import draft
from applications.education_grading.grading import (
    MISSING,
    SCORE,
    Graded,
    payload_of,
    put_together,
    top_of,
    versions,
)
from applications.education_grading.learners import digest_of
from applications.education_grading.models import FeedbackEdit, Question, Submission
from common import audit
from common.errors import Conflict, Invalid, Problem
from training.services.predictions import Predicted

MOST = 100
LONGEST = 5_000


@dataclass(frozen=True, slots=True)
class Handed:
    """key: the caller's own id, by which the same answer handed in again is known."""

    key: str
    learner: str
    text: str


def hand_in(*, question: Question, answers: Sequence[Handed], actor: User | None) -> list[Submission]:
    """Keep up to 100 answers and judge the new ones. One whose key is known stays as it is.

    Without models in production everything waits for a teacher. Raises Invalid for too many or too long ones,
    Conflict where one of the learners is erased meanwhile (`subject_erased`); asked again it goes on.
    """
    _check(answers)
    wanted = {_key(one.key): one for one in answers}
    _keep(question, wanted)
    rows = Submission.objects.filter(question=question, key__in=wanted)
    # A process that was killed before it had judged leaves doubt 99 and no draft; the next time it goes on.
    # Of somebody who has had the use of their data restricted it is kept, and no model is asked.
    fresh = list(rows.filter(edits__isnull=True, restricted=False).order_by("pk"))
    if fresh:
        _judge(question, fresh, actor)
    found = {row.key: row for row in rows}
    return [found[key] for key in wanted]


def _check(answers: Sequence[Handed]) -> None:
    if not 1 <= len(answers) <= MOST:
        detail = _("Send 1 to %d answers at a time.") % MOST
        raise Invalid(detail, problems=[Problem("/answers", "length", detail)])
    detail = _("An answer has at most %d characters.") % LONGEST
    problems = [
        Problem(f"/answers/{number}/text", "too_long", detail)
        for number, one in enumerate(answers)
        if len(one.text) > LONGEST
    ]
    if problems:
        raise Invalid(detail, problems=problems)


def _key(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


@transaction.atomic
def _keep(question: Question, wanted: dict[str, Handed]) -> None:
    project = question.project_id
    held = subjects.hold(project, {one.learner for one in wanted.values()})
    digests = {one.learner: digest_of(project, one.learner) for one in wanted.values()}
    known = Submission.objects.filter(
        question__project=project, learner__in=digests.values(), restricted=True
    )  # fmt: skip
    restricted = set(known.values_list("learner", flat=True))
    rows = [
        Submission(
            question=question, key=key, learner=digests[one.learner], subject=held[one.learner].id,
            restricted=held[one.learner].restricted or digests[one.learner] in restricted, text=one.text,
        )
        for key, one in wanted.items()
    ]  # fmt: skip
    Submission.objects.bulk_create(rows, ignore_conflicts=True)


def _judge(question: Question, rows: Sequence[Submission], actor: User | None) -> None:
    payloads = [payload_of(question.text, question.reference, row.text) for row in rows]
    pair, top = versions(question.project), top_of(question.project)
    # Each prediction knows whose words it holds before this answer knows the prediction.
    people, said = [row.subject for row in rows], list[Predicted]()
    if pair is not None:
        said = [
            ask(project=question.project, field=name, items=payloads, actor=actor, subjects=people)
            for name in (SCORE, MISSING)
        ]
    limit = calibrating.released_below(question.project, tuple(one.version.pk for one in said))
    for number, row in enumerate(rows):
        score, missing = (one.answers[number] for one in said) if said else (None, None)
        graded = put_together(payloads[number], question.places, top, score, missing)
        if said:
            row.score_prediction, row.missing_prediction = (one.predictions[number] for one in said)
        _take(row, graded, question, top, limit)


def _take(row: Submission, graded: Graded, question: Question, top: int, limit: float | None) -> None:
    """Write what was judged, unless another request has done so meanwhile."""
    row.guards = [str(guard) for guard in graded.guards]
    if (found := graded.grade) is not None:
        row.proposed, row.shares, row.confidence = found.score, list(found.shares), found.confidence
        row.doubt, row.missing, row.score = found.doubt, list(found.missing), found.score
        row.feedback = draft(
            score=found.score, top=top, points=question.point_texts, missing=found.missing,
            language=question.language,
        )  # fmt: skip
    if found is not None and limit is not None and not row.guards and found.doubt <= limit:
        row.state, row.decided_at = Submission.State.RELEASED, timezone.now()
    with transaction.atomic():
        there = Submission.objects.select_for_update().filter(pk=row.pk).first()
        if there is None:  # erased while it was judged
            raise Conflict(_("The data of one of these people was erased just now."), code="subject_erased")
        if there.edits.exists() or there.round or there.state != Submission.State.WAITING:
            return
        row.round = there.round
        row.save()
        FeedbackEdit.objects.create(submission=row, text=row.feedback)
        if row.state == Submission.State.RELEASED:
            audit.record("grading.released", row, actor=None, score=row.score)
