"""What pages and the API show of questions, answers and the queue."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _

from applications.education_grading.models import Question, Submission
from common.errors import NotFound
from tasks_app.models import ImportJob, Item, Project

_WAITING = Q(submissions__state=Submission.State.WAITING, submissions__restricted=False)


def questions_of(project: Project) -> QuerySet[Question]:
    counted = Question.objects.filter(project=project).annotate(
        handed=Count("submissions", filter=Q(submissions__restricted=False)),
        waiting=Count("submissions", filter=_WAITING),
    )
    return counted.order_by("title")


def question_in(project: Project, question_id: UUID) -> Question:
    found = Question.objects.filter(project=project, pk=question_id).select_related("project").first()
    if found is None:
        raise NotFound(_("There is no such question."))
    return found


def submissions_of(project: Project) -> QuerySet[Submission]:
    """Without those whose learners have had them restricted."""
    rows = Submission.objects.filter(question__project=project, restricted=False)
    return rows.select_related("question__project", "score_prediction", "missing_prediction")


def submission_in(project: Project, submission_id: UUID) -> Submission:
    found = submissions_of(project).filter(pk=submission_id).first()
    if found is None:
        raise NotFound(_("There is no such answer."))
    return found


def queue(project: Project) -> QuerySet[Submission]:
    """First those who disagree, the oldest objection first, then the most doubtful."""
    waiting = submissions_of(project).filter(state=Submission.State.WAITING)
    return waiting.order_by(F("disputed_at").asc(nulls_last=True), "-doubt", "pk")


def teachable(project: Project) -> QuerySet[Submission]:
    """What a teacher has decided and no import has taken, also where the import that was to take it failed;
    without empty answers, which teach nothing. What an import has at hand is waited for."""
    name = Concat(Value("submission-"), Cast(OuterRef("pk"), CharField()))
    there = Exists(Item.objects.filter(project=project, external_id=name))
    lost = (Q(teaching=None) | Q(teaching__state=ImportJob.State.FAILED)) & ~there
    rows = submissions_of(project).filter(state=Submission.State.RELEASED, decided_by__isnull=False)
    at_hand = Q(teaching__state__in=[ImportJob.State.QUEUED, ImportJob.State.RUNNING], teaching__isnull=False)
    return rows.filter(Q(taught_at=None) | lost).exclude(at_hand).exclude(text="")


@dataclass(frozen=True, slots=True)
class Overview:
    """One question in a class: how many released answers have each score, and which points they miss most.

    released: answers that count here. decided: those of them that a teacher has decided; the others went out
    by themselves. handed: all that came in, also those that wait with a proposal that counts for nobody.
    """

    question: Question
    scores: list[int]
    missed: list[tuple[str, int]]
    released: int
    decided: int
    handed: int


def overview(project: Project, top: int) -> list[Overview]:
    rows = submissions_of(project).filter(score__isnull=False, state=Submission.State.RELEASED)
    decided = rows.filter(decided_by__isnull=False).order_by().values_list("question")
    by_teachers = {row[0]: row[1] for row in decided.annotate(count=Count("pk"))}
    scores: dict[UUID, Counter[int]] = {}
    missed: dict[UUID, Counter[int]] = {}
    for question_id, score, missing in rows.order_by().values_list("question", "score", "missing").iterator():
        if score is not None:  # as the filter says already
            scores.setdefault(question_id, Counter())[score] += 1
        missed.setdefault(question_id, Counter()).update(missing)
    return [
        Overview(
            question,
            [scores.get(question.pk, Counter())[step] for step in range(top + 1)],
            _named(question.point_texts, missed.get(question.pk, Counter())),
            sum(scores.get(question.pk, Counter()).values()),
            by_teachers.get(question.pk, 0),
            getattr(question, "handed", 0),
        )
        for question in questions_of(project)
    ]


def _named(points: Sequence[str], missed: Counter[int]) -> list[tuple[str, int]]:
    return [(points[number], count) for number, count in missed.most_common(5) if number < len(points)]
