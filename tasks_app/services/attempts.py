"""Taking a training or an exam: started once, answered item by item, handed in once, in time.

The truth stays on the server: an exam's answers are never sent, a training's only after one's own.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common import audit
from common.errors import Conflict, Forbidden, Invalid, NotFound, Problem
from common.gate import through_gate
from tasks_app.fields.problem import InvalidAnswer
from tasks_app.fields.schema import check_answer, parse_fields
from tasks_app.fields.scoring import scores
from tasks_app.fields.texts import gate_texts
from tasks_app.models import (
    Assignment,
    Qualification,
    QualificationAttempt,
    QualificationItem,
    WorkerQualification,
)
from tasks_app.services.qualification import Part, Source, hold

State = QualificationAttempt.State
_random = random.SystemRandom()
_EPSILON = 1e-9


@dataclass(frozen=True)
class Feedback:
    """After an answer in training: how near it came, what is right, and why."""

    score: float
    answer: dict[str, Any]
    explanation: str


def take_turn(qualification_id: UUID, worker_id: UUID) -> None:
    """One person's requests about one test come after each other: a start must see what a hand-in decided."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"test {qualification_id} {worker_id}"]
        )


@transaction.atomic
def start_attempt(
    *, qualification: Qualification, worker: User, part: str = Part.EXAM
) -> QualificationAttempt:
    """The open attempt, or a new one. Conflict(retry_later) with `retry_at` while it is too early again."""
    take_turn(qualification.pk, worker.pk)
    mine = QualificationAttempt.objects.filter(qualification=qualification, worker=worker, part=part)
    current = mine.filter(state=State.OPEN).first()
    if current is not None and not _over(current):
        return current
    if current is not None:
        _finish(current)
    if part == Part.EXAM:
        _refuse_exam(qualification, worker)
    items = _draw(qualification, worker, part)
    now = timezone.now()
    limit = now + timedelta(seconds=qualification.time_limit) if part == Part.EXAM else None
    return QualificationAttempt.objects.create(
        qualification=qualification, worker=worker, part=part, items=items, started_at=now, expires_at=limit
    )


def _refuse_exam(qualification: Qualification, worker: User) -> None:
    held = WorkerQualification.objects.filter(qualification=qualification, worker=worker).first()
    if held and held.revoked_at and held.revoked_by_id:
        raise Forbidden(
            _("This qualification was taken from you: %(reason)s") % {"reason": held.reason}, code="revoked"
        )
    if held and not held.revoked_at and (held.expires_at is None or held.expires_at > timezone.now()):
        raise Conflict(_("You have this qualification already."), code="already_held")
    if (at := retry_at(qualification, worker)) and at > timezone.now():
        raise Conflict(_("You can take this test again later."), code="retry_later", retry_at=at.isoformat())


def retry_at(qualification: Qualification, worker: User) -> datetime | None:
    """When a person who failed may take the exam again."""
    last = (
        QualificationAttempt.objects.filter(
            qualification=qualification, worker=worker, part=Part.EXAM, state=State.FAILED
        )
        .order_by("-finished_at")
        .first()
    )
    if last is None or last.finished_at is None:
        return None
    return last.finished_at + timedelta(seconds=qualification.retry_delay)


def _draw(qualification: Qualification, worker: User, part: str) -> list[str]:
    """A training in its order; an exam at random, first what the person has not met in an earlier attempt."""
    rows = qualification.items.filter(part=part, retired_at=None)
    if part == Part.TRAINING:
        ids = [str(pk) for pk in rows.order_by("number").values_list("pk", flat=True)]
    else:
        done = Assignment.objects.filter(worker=worker).values("item_id")
        ids = [str(pk) for pk in rows.exclude(source__in=done).values_list("pk", flat=True)]
        earlier = QualificationAttempt.objects.filter(qualification=qualification, worker=worker, part=part)
        met = {pk for items in earlier.values_list("items", flat=True) for pk in items}
        _random.shuffle(ids)
        ids.sort(key=lambda pk: pk in met)
        ids = ids[: qualification.items_per_attempt or None]
        _random.shuffle(ids)
    if not ids:
        raise Conflict(_("This test has no questions yet."), code="no_items")
    return ids


def _over(attempt: QualificationAttempt) -> bool:
    return attempt.expires_at is not None and attempt.expires_at <= timezone.now()


@transaction.atomic
def answer_item(*, attempt: QualificationAttempt, item_id: UUID, answer: Any) -> Feedback | None:
    """Keep the answer to one question; in training say how it was. An exam's last answer hands it in."""
    attempt = _lock(attempt)
    if _over(attempt) and attempt.state == State.OPEN:
        attempt = _finish(attempt)
    key = str(item_id)
    if key not in attempt.items:
        raise NotFound(_("There is no such question."))
    item = QualificationItem.objects.get(pk=item_id)
    value = _checked(attempt.qualification, item, answer)
    if attempt.answers.get(key) == value:
        return _feedback(attempt, item)
    if attempt.state != State.OPEN:
        raise Conflict(_("This attempt is over: your time was up, or you handed it in."), code="over")
    if key in attempt.answers:
        raise Conflict(_("You have answered this question."), code="already_answered")
    attempt.answers[key] = value
    attempt.scores[key] = score_of(attempt.qualification, item, value)
    attempt.save(update_fields=["answers", "scores"])
    if len(attempt.answers) == len(attempt.items):
        _finish(attempt)
    return _feedback(attempt, item)


@transaction.atomic
def hand_in(*, attempt: QualificationAttempt) -> QualificationAttempt:
    """End an attempt; what was not answered counts nothing. Twice gives the same result."""
    attempt = _lock(attempt)
    return attempt if attempt.state != State.OPEN else _finish(attempt)


@transaction.atomic
def up_to_date(*, attempt: QualificationAttempt) -> QualificationAttempt:
    """The attempt as it stands now: one whose time is up is over."""
    if attempt.state == State.OPEN and _over(attempt):
        return hand_in(attempt=attempt)
    return attempt


def _lock(attempt: QualificationAttempt) -> QualificationAttempt:
    take_turn(attempt.qualification_id, attempt.worker_id)
    return QualificationAttempt.objects.select_related("qualification", "worker").get(pk=attempt.pk)


def _checked(qualification: Qualification, item: QualificationItem, answer: Any) -> dict[str, Any]:
    try:
        fields = parse_fields(qualification.fields)
        return gate_texts(fields, check_answer(fields, answer, item.payload), through_gate)
    except InvalidAnswer as invalid:
        problems = [Problem(p.pointer, p.code, p.detail) for p in invalid.problems]
        detail = _("The answer does not fit. Nothing was lost; correct it and submit again.")
        raise Invalid(detail, problems=problems) from None


def score_of(qualification: Qualification, item: QualificationItem, value: Mapping[str, Any]) -> float:
    found = scores(parse_fields(qualification.fields), value, item.answer, item.payload)
    return sum(found.values()) / len(found) if found else 1.0


def _feedback(attempt: QualificationAttempt, item: QualificationItem) -> Feedback | None:
    if attempt.part != Part.TRAINING:
        return None
    return Feedback(attempt.scores[str(item.pk)], item.answer, item.explanation)


def _finish(attempt: QualificationAttempt) -> QualificationAttempt:
    """Score and decide. A time that ran out ends the attempt at its limit, not when somebody looks."""
    attempt.finished_at = min(timezone.now(), attempt.expires_at or timezone.now())
    decide(attempt)
    attempt.save()
    done = attempt.state == State.PASSED
    counts = attempt.part == attempt.qualification.kind
    if done and counts:
        source = Source.EXAM if attempt.part == Part.EXAM else Source.TRAINING
        hold(attempt.qualification, attempt.worker, source, score=attempt.score)
    audit.record(
        f"qualification.{attempt.state}", attempt, actor=attempt.worker_id, score=round(attempt.score or 0, 4)
    )
    return attempt


def decide(attempt: QualificationAttempt) -> None:
    """Score and state from the answers' scores; nothing is saved. Wrong questions count for nobody."""
    retired = QualificationItem.objects.filter(pk__in=attempt.items, retired_for_wrong=True)
    counted = set(attempt.items) - {str(pk) for pk in retired.values_list("pk", flat=True)}
    total = sum(attempt.scores.get(pk, 0.0) for pk in counted)
    attempt.score = total / len(counted) if counted else 1.0
    passed = (
        attempt.score >= attempt.qualification.pass_mark - _EPSILON
        if attempt.part == Part.EXAM
        else set(attempt.items) <= set(attempt.answers)
    )
    attempt.state = State.PASSED if passed else State.FAILED
