"""Reads for pages and REST: frozen dataclasses, a fixed number of queries whatever a project's size."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum

from accounts.models import User
from annotations.models import Answer, Appeal, Consensus, Review, Suggestion, WorkerSkill
from annotations.pseudonyms import pseudonym
from rewards.selectors import Money
from tasks_app.models import Assignment, Item, Project
from tasks_app.selectors import schema_fields


def pending_earnings(user_id: UUID) -> dict[str, int]:
    """Currency -> minor units of answers that nobody has decided on yet."""
    rows = Answer.objects.filter(worker_id=user_id, state=Answer.State.PENDING, assignment__isnull=False)
    sums = rows.values("project__currency").annotate(total=Sum("assignment__reward_minor"))
    return dict(sums.values_list("project__currency", "total"))


def suggestions_of(item_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Item -> field -> a model's value. Gold never has one: it measures people, not their trust in models."""
    found: dict[UUID, dict[str, Any]] = defaultdict(dict)
    rows = Suggestion.objects.filter(item_id__in=item_ids, item__gold__isnull=True)
    for row in rows:
        found[row.item_id][row.field] = {
            "value": row.value,
            "confidence": row.confidence,
            "source": row.source,
        }
    return found


# -- what I have done --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AppealView:
    id: UUID
    state: str
    text: str
    decision: str


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
    reason: str
    decided_at: datetime | None
    appeal: AppealView | None
    may_appeal_until: datetime | None


def my_work(user: User) -> QuerySet[Assignment]:
    """What a person has taken, to be ordered by -created_at and cut into pages; `work_line` shows one."""
    return Assignment.objects.filter(worker=user).select_related("project", "answer", "answer__appeal")


def work_line(row: Assignment) -> WorkLine:
    answer: Answer | None = getattr(row, "answer", None)
    appeal: Appeal | None = getattr(answer, "appeal", None)
    rejected = answer is not None and answer.state == Answer.State.REJECTED and appeal is None
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
        reason=answer.reason if answer else "",
        decided_at=answer.decided_at if answer else None,
        appeal=AppealView(appeal.pk, appeal.state, appeal.text, appeal.decision) if appeal else None,
        may_appeal_until=answer.decided_at + Appeal.WITHIN
        if rejected and answer and answer.decided_at
        else None,
    )


@dataclass(frozen=True)
class SkillLine:
    project_id: UUID
    project: str
    field: str
    accuracy: float
    answers: int


def my_skills(user: User) -> list[SkillLine]:
    """As of the last full fit. Nothing that moves with a single answer, or gold could be told by it."""
    rows = WorkerSkill.objects.filter(worker=user, answers__gt=0).select_related("project")
    return [
        SkillLine(row.project_id, row.project.title, row.field, row.accuracy, row.answers)
        for row in rows.order_by("project__title", "field")
    ]


# -- what a reviewer sees ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class AnswerView:
    """Somebody's answer; `value` of one field in the review queue, of all fields on an item's page.

    In the queue a value that refers to another field speaks of the consensus on that one, so that a reviewer
    can take it over; `whole`, the answer as it was given, has it as the annotator meant it.
    """

    id: UUID
    annotator: str
    skill: float | None
    value: Any
    whole: dict[str, Any]
    seconds: float
    state: str
    reason: str
    source: str
    created_at: datetime


@dataclass(frozen=True)
class ReviewEntry:
    """`beside`: field -> consensus, where a field of the project refers to others."""

    consensus: Consensus
    item: Item
    answers: tuple[AnswerView, ...]
    beside: dict[str, Any]


def review_queue(project: Project) -> QuerySet[Consensus]:
    """What waits for a reviewer, the most doubtful first; `review_entries` adds who said what."""
    rows = Consensus.objects.filter(project=project, state=Consensus.State.REVIEW)
    return rows.select_related("item").order_by("confidence", "id")


def review_entries(rows: Sequence[Consensus]) -> list[ReviewEntry]:
    """A fixed number of queries, however many rows."""
    answers = _answers_by_item({row.item_id for row in rows})
    beside = _beside(answers)
    skills = _skills([answer for given in answers.values() for answer in given])
    return [
        ReviewEntry(
            row,
            row.item,
            tuple(
                _answer_view(
                    answer,
                    _value_beside(answer, row.field, beside[row.item_id]),
                    skills.get((row.field, answer.worker_id)),
                )
                for answer in answers[row.item_id]
            ),
            beside[row.item_id],
        )
        for row in rows
    ]


def _beside(answers: dict[UUID, list[Answer]]) -> dict[UUID, dict[str, Any]]:
    """Item -> field -> consensus, where answers have fields that refer to others."""
    found: dict[UUID, dict[str, Any]] = defaultdict(dict)
    versions = {answer.schema_version_id for given in answers.values() for answer in given}
    if not any(field.refers for version in versions for field in schema_fields(version)):
        return found
    rows = Consensus.objects.filter(item_id__in=answers)
    for item_id, name, value in rows.values_list("item_id", "field", "value"):
        found[item_id][name] = value
    return found


def _value_beside(answer: Answer, name: str, beside: dict[str, Any]) -> Any:
    value = answer.value.get(name)
    for field in schema_fields(answer.schema_version_id):
        if field.name == name and field.refers:
            return field.refer(field.resolve(value, answer.value), beside)
    return value


def open_appeals(project: Project) -> QuerySet[Appeal]:
    """Appeals that wait for a decision, the oldest first."""
    rows = Appeal.objects.filter(answer__project=project, state=Appeal.State.OPEN)
    return rows.select_related("answer", "answer__item").order_by("id")


@dataclass(frozen=True)
class ReviewView:
    """One decision in the past."""

    field: str
    action: str
    reviewer: str
    before: Any
    after: Any
    reason: str
    at: datetime


@dataclass(frozen=True)
class ItemDetail:
    item: Item
    answers: tuple[AnswerView, ...]
    consensus: tuple[Consensus, ...]
    history: tuple[ReviewView, ...]


def item_detail(item: Item) -> ItemDetail:
    """Everything that is known about one item: answers (rejected ones too), consensus, decisions."""
    answers = _answers_by_item({item.pk})[item.pk]
    skills = _skills(answers)
    reviews = (
        Review.objects.filter(consensus__item=item).select_related("consensus", "reviewer").order_by("id")
    )
    return ItemDetail(
        item=item,
        answers=tuple(
            _answer_view(answer, answer.value, _mean_skill(skills, answer.worker_id)) for answer in answers
        ),
        consensus=tuple(Consensus.objects.filter(item=item).order_by("field")),
        history=tuple(
            ReviewView(
                r.consensus.field, r.action, str(r.reviewer), r.before, r.after, r.reason, r.created_at
            )
            for r in reviews
        ),
    )


def _answers_by_item(item_ids: Collection[UUID]) -> dict[UUID, list[Answer]]:
    found: dict[UUID, list[Answer]] = defaultdict(list)
    for answer in Answer.objects.filter(item_id__in=item_ids).order_by("created_at", "id"):
        found[answer.item_id].append(answer)
    return found


def _skills(answers: Sequence[Answer]) -> dict[tuple[str, UUID], float]:
    rows = WorkerSkill.objects.filter(
        project_id__in={answer.project_id for answer in answers},
        worker_id__in={answer.worker_id for answer in answers},
        answers__gt=0,
    )
    return {
        (field, worker): skill for field, worker, skill in rows.values_list("field", "worker_id", "accuracy")
    }


def _mean_skill(skills: dict[tuple[str, UUID], float], worker_id: UUID) -> float | None:
    own = [skill for (_field, worker), skill in skills.items() if worker == worker_id]
    return sum(own) / len(own) if own else None


def _answer_view(answer: Answer, value: Any, skill: float | None) -> AnswerView:
    return AnswerView(
        id=answer.pk,
        annotator=pseudonym(answer.project_id, answer.worker_id),
        skill=skill,
        value=value,
        whole=answer.value,
        seconds=answer.seconds,
        state=answer.state,
        reason=answer.reason,
        source=answer.source,
        created_at=answer.created_at,
    )
