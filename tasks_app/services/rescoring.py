"""When the answer of a test's question turns out wrong: everybody who met it is scored anew."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from common import audit
from tasks_app.models import QualificationAttempt, QualificationItem, WorkerQualification
from tasks_app.services.attempts import decide, score_of, take_turn
from tasks_app.services.qualification import Part, Source, hold

State = QualificationAttempt.State


@transaction.atomic
def rescore_questions(*, source_id: UUID, truth: dict[str, Any] | None) -> set[UUID]:
    """Give the questions copied from a gold item their new answer, or take them out (None).

    Passes are earned or lost by it. Returns the people whose score changed.
    """
    touched: set[UUID] = set()
    for item in QualificationItem.objects.filter(source=source_id).select_related("qualification"):
        _change(item, truth)
        touched |= _rescore(item)
    return touched


def _change(item: QualificationItem, truth: dict[str, Any] | None) -> None:
    if truth is None:
        item.retired_for_wrong = True
        item.retired_at = item.retired_at or timezone.now()
    else:
        known = {field["name"] for field in item.qualification.fields}
        item.answer = {name: value for name, value in truth.items() if name in known}
    item.save(update_fields=["answer", "retired_at", "retired_for_wrong"])


def _rescore(item: QualificationItem) -> set[UUID]:
    """Also attempts under way: in turn with whoever is just answering by the old truth."""
    key, changed = str(item.pk), set()
    drawn = QualificationAttempt.objects.filter(qualification=item.qualification, items__contains=[key])
    for worker_id in sorted(set(drawn.values_list("worker_id", flat=True))):
        take_turn(item.qualification_id, worker_id)
    for attempt in drawn.select_related("qualification", "worker").order_by("pk"):
        if key not in attempt.answers:
            continue
        before = (attempt.score, attempt.state)
        attempt.scores[key] = score_of(item.qualification, item, attempt.answers[key])
        if attempt.state != State.OPEN:
            decide(attempt)
        attempt.save(update_fields=["scores", "score", "state"])
        if (attempt.score, attempt.state) != before:
            changed.add(attempt.worker_id)
            _follow(attempt, was=before[1])
    return changed


def _follow(attempt: QualificationAttempt, *, was: str) -> None:
    """The pass follows the score; what a person granted or took stays as it is."""
    if attempt.part != Part.EXAM or attempt.state == was:
        return
    if attempt.state == State.PASSED:
        hold(attempt.qualification, attempt.worker, Source.EXAM, score=attempt.score)
    elif not _passed_otherwise(attempt):
        WorkerQualification.objects.filter(
            qualification=attempt.qualification, worker=attempt.worker, source=Source.EXAM, revoked_at=None
        ).update(revoked_at=timezone.now(), reason=_("A question of the exam was corrected."))
    audit.record(f"qualification.rescored_{attempt.state}", attempt, actor=None, was=was)


def _passed_otherwise(attempt: QualificationAttempt) -> bool:
    others = QualificationAttempt.objects.filter(
        qualification=attempt.qualification, worker=attempt.worker, part=Part.EXAM, state=State.PASSED
    )
    return others.exclude(pk=attempt.pk).exists()
