"""Reads for pages and REST: frozen dataclasses, a fixed number of queries whatever a project's size."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum
from django.utils import timezone

from accounts.models import User
from annotations.certainty import LabelSkill, label_skills, skill_interval
from annotations.evidence import category_named
from annotations.models import Answer, Appeal, WorkerSkill
from common.prepared import Prepared
from rewards.selectors import Money
from tasks_app.categories import Category
from tasks_app.models import Assignment


def pending_earnings(user_id: UUID) -> dict[str, int]:
    """Currency -> minor units of answers that nobody has decided on yet."""
    rows = Answer.objects.filter(worker_id=user_id, state=Answer.State.PENDING, assignment__isnull=False)
    sums = rows.values("project__currency").annotate(total=Sum("assignment__reward_minor"))
    return dict(sums.values_list("project__currency", "total"))


_SUGGESTED = Prepared("""
SELECT s.item_id, s.field, s.value::text, s.confidence, s.source
FROM annotations_suggestion s WHERE s.item_id = ANY(%(items)s::uuid[])
""")


def suggestions_of(item_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Item -> field -> a model's value. Gold has one like any item: the one without would be the gold."""
    found: dict[UUID, dict[str, Any]] = defaultdict(dict)
    for item_id, field, value, confidence, source in _SUGGESTED.rows(items=list(item_ids)):
        found[item_id][field] = {"value": json.loads(value), "confidence": confidence, "source": source}
    return found


# -- what I have done --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AppealView:
    id: UUID
    state: str
    text: str
    decision: str
    created_at: datetime
    same_reviewer: bool


@dataclass(frozen=True)
class WorkLine:
    """One item that a person took: where it stands and, once answered, what became of the answer."""

    id: UUID
    project_id: UUID
    project: str
    item_id: UUID
    state: str  # of the lease: leased, submitted, returned, expired
    reward: Money
    created_at: datetime
    lease_expires_at: datetime
    answer_id: UUID | None
    answer_state: str  # "" without an answer; pending, approved, rejected
    extra: bool  # came too late to count
    reason: str
    category: Category | None
    partial: Money | None  # paid although it was rejected
    decided_at: datetime | None
    appeal: AppealView | None
    may_appeal_until: datetime | None


def my_work(user: User) -> QuerySet[Assignment]:
    """What a person has taken, to be ordered by -created_at and cut into pages; `work_line` shows one."""
    return Assignment.objects.filter(worker=user).select_related("project", "answer", "answer__appeal")


def work_line(row: Assignment) -> WorkLine:
    answer: Answer | None = getattr(row, "answer", None)
    appeal: Appeal | None = getattr(answer, "appeal", None)
    rejected = answer is not None and answer.state == Answer.State.REJECTED
    return WorkLine(
        id=row.pk,
        project_id=row.project_id,
        project=row.project.title,
        item_id=row.item_id,
        state=row.state,
        reward=Money(row.reward_minor, row.project.currency),
        created_at=row.created_at,
        lease_expires_at=row.lease_expires_at,
        answer_id=answer.pk if answer else None,
        answer_state=answer.state if answer else "",
        extra=bool(answer and answer.extra),
        reason=answer.reason if answer else "",
        category=category_named(row.project, answer.category) if rejected and answer else None,
        partial=Money(answer.partial_minor, row.project.currency)
        if answer and answer.partial_minor
        else None,
        decided_at=answer.decided_at if answer else None,
        appeal=_appeal_view(appeal) if appeal else None,
        may_appeal_until=may_appeal_until(answer) if answer and not appeal else None,
    )


def may_appeal_until(answer: Answer) -> datetime | None:
    """Until when an answer without an appeal can be appealed; None if it cannot, or not any more."""
    if answer.state != Answer.State.REJECTED or answer.decided_at is None:
        return None
    until = answer.decided_at + Appeal.WITHIN
    return until if until > timezone.now() else None


def _appeal_view(row: Appeal) -> AppealView:
    return AppealView(row.pk, row.state, row.text, row.decision, row.created_at, row.same_reviewer)


@dataclass(frozen=True)
class SkillLine:
    project_id: UUID
    project: str
    field: str
    accuracy: float
    answers: int
    low: float | None  # 90 % interval of the accuracy
    high: float | None
    labels: tuple[LabelSkill, ...]


def my_skills(user: User) -> list[SkillLine]:
    """As of the last full fit. Nothing that moves with a single answer, or gold could be told by it."""
    rows = WorkerSkill.objects.filter(worker=user, answers__gt=0).select_related("project")
    return [
        SkillLine(
            project_id=row.project_id,
            project=row.project.title,
            field=row.field,
            accuracy=row.accuracy,
            answers=row.answers,
            low=bounds[0] if bounds else None,
            high=bounds[1] if bounds else None,
            labels=label_skills(row),
        )
        for row in rows.order_by("project__title", "field")
        for bounds in [skill_interval(row)]
    ]
