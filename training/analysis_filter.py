"""Which of a project's items are looked at: those with a label, by an annotator, of a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from annotations.models import Answer, Consensus, WorkerSkill
from tasks_app import selectors
from tasks_app.models import Item, Project, WorkerProgress
from tasks_app.pseudonyms import pseudonym
from training import freezing
from training.models import AnalysisFinding, AnalysisResult

FEW = 5_000  # answers that a page may look through


@dataclass(frozen=True, slots=True)
class Filter:
    """label: approved of the item in any field, or at any of its turns. annotator: a pseudonym of the
    project. since, until: days on which the item was imported, both included (the site's time zone)."""

    label: str = ""
    annotator: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def takes_all(self) -> bool:
        return self == Filter()


def items_of(project: Project, wanted: Filter) -> QuerySet[Item]:
    found = Item.objects.filter(project=project)
    if wanted.since:
        found = found.filter(created_at__gte=_at(wanted.since, time.min))
    if wanted.until:
        found = found.filter(created_at__lte=_at(wanted.until, time.max))
    if wanted.label:
        decided = Consensus.objects.filter(
            has_label(wanted.label), item=OuterRef("pk"), state__in=freezing.DECIDED
        )
        found = found.filter(Exists(decided))
    if wanted.annotator:
        by = Answer.objects.filter(item=OuterRef("pk"), worker=_worker(project, wanted.annotator))
        found = found.filter(Exists(by))
    return found


def findings_of(
    project: Project, result: AnalysisResult, kind: str, wanted: Filter
) -> QuerySet[AnalysisFinding]:
    """The strongest first; kind "" for every kind. What was restricted since is not shown."""
    found = result.findings.filter(item__restricted=False)
    if kind:
        found = found.filter(kind=kind)
    if not wanted.takes_all:
        found = found.filter(item__in=items_of(project, wanted))
    return found.order_by("-score", "id")


def has_label(label: str) -> Q:
    """Of a consensus: its value is the label, lists it, or marks a turn or a span with it."""
    shapes = ([label], [{"label": label}], [{"labels": [label]}], [{"value": label}])
    found = Q(value=label)
    for shape in shapes:
        found |= Q(value__contains=shape)
    return found


def labels_of(project: Project) -> list[str]:
    return sorted({label for field in selectors.current_fields(project) for label in field.labels})


def annotators_of(project: Project) -> list[str]:
    """Pseudonyms of those who answered, in order."""
    return sorted(_named(project, _workers(project)))


def _workers(project: Project) -> set[UUID]:
    """Who answered; in a large project who began to, or has a measured skill, as millions of answers cannot
    be looked through for a page."""
    answers = Answer.objects.filter(project=project).order_by()
    if answers[: FEW + 1].count() <= FEW:
        return set(answers.values_list("worker", flat=True).distinct())
    begun = WorkerProgress.objects.filter(project=project, claimed__gt=0)
    skilled = WorkerSkill.objects.filter(project=project)
    return {*begun.values_list("worker", flat=True), *skilled.values_list("worker", flat=True)}


def _worker(project: Project, name: str) -> UUID | None:
    if pk := _named(project, _workers(project)).get(name):
        return pk
    # An imported one who has no skill yet: slow in a large project, and nobody is left out.
    everyone = Answer.objects.filter(project=project).order_by().values_list("worker", flat=True).distinct()
    return _named(project, everyone).get(name)


def _named(project: Project, workers: Iterable[UUID]) -> dict[str, UUID]:
    return {pseudonym(project.pk, pk): pk for pk in workers}


def _at(day: date, moment: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, moment))
