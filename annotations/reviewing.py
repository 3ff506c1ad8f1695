"""What a reviewer sees: the queue, an item with all that was said of it, appeals. Few queries each."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet

from accounts.models import User
from annotations import agreeing
from annotations.models import Answer, Appeal, Consensus, Review, WorkerSkill
from common.counts import kept_when_costly
from tasks_app.models import Item, Project
from tasks_app.pseudonyms import pseudonym
from tasks_app.selectors import schema_fields

MOST_COUNTED = 1_000


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
    category: str
    source: str
    created_at: datetime


@dataclass(frozen=True)
class ReviewEntry:
    """`beside`: field -> consensus, where a field of the project refers to others.

    `truth`: field -> what is held to be true of the item so far, this field included.

    `decided`: reviewers who have given their word, where the project wants several to agree.

    `approves_itself_at`: when the first undecided answer is approved and paid without anybody's word."""

    consensus: Consensus
    item: Item
    answers: tuple[AnswerView, ...]
    beside: dict[str, Any]
    truth: dict[str, Any]
    history: tuple["ReviewView", ...] = ()
    approves_itself_at: datetime | None = None
    decided: int = 0


def review_queue(project: Project, user: User) -> QuerySet[Consensus]:
    """What waits for this reviewer, the greatest expected gain first; `review_entries` adds who said what.

    Walks the index `consensus_by_gain` from its top; items that the reviewer has answered are left to others.
    """
    own = Answer.objects.filter(item_id=OuterRef("item_id"), worker=user)
    rows = Consensus.objects.filter(project=project, state=Consensus.State.REVIEW, item__restricted=False)
    rows = rows.exclude(Exists(own))
    if project.reviewers_needed > 1:
        rows = rows.exclude(
            Exists(Review.objects.filter(consensus=OuterRef("pk"), reviewer=user, waits=True))
        )
    return rows.select_related("item", "project").order_by("-gain", "id")


def waiting_count(queue: QuerySet[Any]) -> int:
    """How many wait, counted to 1,000 and no further."""
    return queue.order_by()[:MOST_COUNTED].count()


def waiting_in_each(project_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How much waits for reviewers in each project."""
    found = _waiting_counted.of_each([str(one) for one in project_ids])
    return {one: found[str(one)].value for one in project_ids}


@kept_when_costly
def _waiting_counted(project_ids: Sequence[str]) -> dict[str, int]:
    rows = Consensus.objects.filter(project_id__in=project_ids, state=Consensus.State.REVIEW).values(
        "project_id"
    )
    counted = {str(project): n for project, n in rows.annotate(n=Count("pk")).values_list("project_id", "n")}
    return {one: counted.get(one, 0) for one in project_ids}


def review_entries(rows: Sequence[Consensus]) -> list[ReviewEntry]:
    """Four queries, however many rows, and one more where several reviewers have to agree."""
    answers = _answers_by_item({row.item_id for row in rows})
    skills = _skills([answer for given in answers.values() for answer in given])
    history = _history({row.pk for row in rows})
    truths = _truths({row.item_id for row in rows})
    beside = truths if _some_refer(answers) else defaultdict(dict)
    several = [row.pk for row in rows if row.project.reviewers_needed > 1]
    decided = agreeing.counts(several) if several else Counter[UUID]()
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
            truths[row.item_id],
            tuple(history[row.pk]),
            _approves_itself_at(row.project, answers[row.item_id]),
            decided[row.pk],
        )
        for row in rows
    ]


def _some_refer(answers: Mapping[UUID, Sequence[Answer]]) -> bool:
    versions = {answer.schema_version_id for given in answers.values() for answer in given}
    return any(field.refers for version in versions for field in schema_fields(version))


def _value_beside(answer: Answer, name: str, beside: dict[str, Any]) -> Any:
    value = answer.value.get(name)
    for field in schema_fields(answer.schema_version_id):
        if field.name == name and field.refers:
            return field.refer(field.resolve(value, answer.value), beside)
    return value


def _truths(item_ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    found: dict[UUID, dict[str, Any]] = defaultdict(dict)
    rows = Consensus.objects.filter(item_id__in=item_ids)
    for item_id, field, value in rows.values_list("item_id", "field", "value"):
        found[item_id][field] = value
    return found


def _history(consensus_ids: Collection[UUID]) -> dict[UUID, list["ReviewView"]]:
    found: dict[UUID, list[ReviewView]] = defaultdict(list)
    rows = Review.objects.filter(consensus__in=consensus_ids, waits=False).select_related(
        "consensus", "reviewer"
    )
    for row in rows.order_by("id"):
        found[row.consensus_id].append(_review_view(row))
    return found


def _approves_itself_at(project: Project, answers: Sequence[Answer]) -> datetime | None:
    waiting = [a.created_at for a in answers if a.state == Answer.State.PENDING and a.source == "crowd"]
    return min(waiting) + timedelta(seconds=project.auto_approve_after) if waiting else None


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
    category: str
    reason: str
    at: datetime


def _review_view(row: Review) -> ReviewView:
    return ReviewView(
        row.consensus.field,
        row.action,
        str(row.reviewer),
        row.before,
        row.after,
        row.category,
        row.reason,
        row.created_at,
    )


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
        Review.objects.filter(consensus__item=item, waits=False)
        .select_related("consensus", "reviewer")
        .order_by("id")
    )
    return ItemDetail(
        item=item,
        answers=tuple(
            _answer_view(answer, answer.value, _mean_skill(skills, answer.worker_id)) for answer in answers
        ),
        consensus=tuple(Consensus.objects.filter(item=item).order_by("field")),
        history=tuple(_review_view(row) for row in reviews),
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
        category=answer.category,
        source="late" if answer.extra else answer.source,
        created_at=answer.created_at,
    )
