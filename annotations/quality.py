"""How good the answers of a project are, what they cost, how long they take: a few aggregated queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Value

from annotations.certainty import LabelSkill, label_skills, skill_interval
from annotations.methods import Weighing, weighing_of
from annotations.models import Answer, Consensus, FieldFit, WorkerSkill
from annotations.readings import Reading, can_be_read, reading_of
from common.counts import kept_when_costly
from rewards.fair_rate import Rate, rate_of
from rewards.selectors import ProjectBalance
from rewards.services import ledger
from tasks_app import selectors
from tasks_app.fields.base import Field
from tasks_app.models import Project
from tasks_app.pseudonyms import pseudonym

_MOST_WORKERS = 500


@dataclass(frozen=True)
class LabelQuality:
    """`share` of all judgments; `agreement`: when one says it, how often another says it too. `found`: how
    much of what the consensus calls so people call so, `right`: the other way round. All 0..1."""

    label: str
    share: float
    agreement: float | None
    found: float | None = None
    right: float | None = None


@dataclass(frozen=True)
class FieldQuality:
    """Krippendorff's alpha with its 95 % interval; None while nobody has answered an item twice."""

    field: str
    title: str
    alpha: float | None
    low: float | None
    high: float | None
    units: int
    labels: tuple[LabelQuality, ...]
    measured: Mapping[str, Any]  # all that `annotations.agreement.agreement_on` found at the last fit
    states: Mapping[str, int]  # consensus state -> items
    weighing: Weighing | None = None  # None where the kind of field knows one way only, or before a fit
    reading: Reading | None = None  # None while no model has read the items
    readable: bool = False  # whether a model can be asked to


@dataclass(frozen=True)
class WorkerQuality:
    """`skill` 0..1 from the last full fit; `gold_score` 0..1, None without gold answers."""

    annotator: str
    field: str
    skill: float | None
    low: float | None  # 90 % interval of the skill
    high: float | None
    labels: tuple[LabelSkill, ...]
    answers: int
    gold_seen: int
    gold_score: float | None


@dataclass(frozen=True)
class Quality:
    fields: tuple[FieldQuality, ...]
    workers: tuple[WorkerQuality, ...]
    currency: str
    paid_minor: int
    reserved_minor: int
    escrow_minor: int
    per_settled_item_minor: float | None
    rate: Rate  # of people's active time, as the server measured it
    progress: selectors.Progress
    answers: Mapping[str, int]  # answer state -> count
    balance: ProjectBalance
    shapes: tuple[Field, ...]
    counted_at: datetime | None  # of states and answers; None: just now


def quality_of(project: Project) -> Quality:
    progress = selectors.progress(project.pk)
    balance = ledger.balances(project_id=project.pk, currency=project.currency)
    shapes = selectors.current_fields(project)
    counted = _states_counted.of(str(project.pk))
    return Quality(
        fields=_fields(project, shapes, counted.value["fields"]),
        workers=_workers(project.pk),
        currency=project.currency,
        paid_minor=balance.paid,
        reserved_minor=balance.reserved,
        escrow_minor=balance.escrow,
        per_settled_item_minor=balance.paid / progress.closed if progress.closed else None,
        rate=rate_of(project.pk, project.currency),
        progress=progress,
        answers=counted.value["answers"],
        balance=balance,
        shapes=shapes,
        counted_at=counted.at,
    )


@kept_when_costly
def _states_counted(project_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """`{"fields": {field: {consensus state: items}}, "answers": {answer state: answers}}` of each project."""
    found: dict[str, dict[str, Any]] = {one: {"fields": {}, "answers": {}} for one in project_ids}
    columns = ("project_id", "part", "state", "n")
    fields = Consensus.objects.filter(project_id__in=project_ids).values("project_id", part=F("field"))
    answers = Answer.objects.filter(project_id__in=project_ids).values("project_id", part=Value(""))
    both = (
        fields.annotate(state=F("state"), n=Count("id"))
        .values_list(*columns)
        .union(answers.annotate(state=F("state"), n=Count("id")).values_list(*columns), all=True)
    )
    for project, part, state, n in both:
        of = found[str(project)]
        (of["fields"].setdefault(part, {}) if part else of["answers"])[state] = n
    return found


def _fields(
    project: Project, shapes: Sequence[Field], states: Mapping[str, Mapping[str, int]]
) -> tuple[FieldQuality, ...]:
    rows = {row.field: row for row in FieldFit.objects.filter(project=project)}
    fits: dict[str, dict[str, Any]] = {name: row.agreement for name, row in rows.items()}
    return tuple(
        FieldQuality(
            field=field.name,
            title=field.title,
            alpha=fit.get("alpha"),
            low=fit.get("low"),
            high=fit.get("high"),
            units=fit.get("units", 0),
            labels=tuple(
                LabelQuality(label, row["share"], row["agreement"], row.get("found"), row.get("right"))
                for label in field.labels or field.verdicts  # the database puts keys in an order of its own
                for row in [fit.get("labels", {}).get(label)]
                if row
            ),
            measured=fit,
            states=states.get(field.name, {}),
            weighing=weighing_of(rows.get(field.name)),
            reading=reading_of(rows.get(field.name)),
            readable=can_be_read(field),
        )
        for field in shapes
        for fit in [fits.get(field.name) or {}]
    )


def _workers(project_id: UUID) -> tuple[WorkerQuality, ...]:
    rows = WorkerSkill.objects.filter(project_id=project_id).only(
        "field", "worker_id", "accuracy", "confusion", "evidence", "answers", "gold_seen", "gold_score"
    )
    return tuple(
        WorkerQuality(
            annotator=pseudonym(project_id, row.worker_id),
            field=row.field,
            skill=row.accuracy if row.answers else None,
            low=bounds[0] if bounds else None,
            high=bounds[1] if bounds else None,
            labels=label_skills(row) if row.answers else (),
            answers=row.answers,
            gold_seen=row.gold_seen,
            gold_score=row.gold_score / row.gold_seen if row.gold_seen else None,
        )
        for row in rows.order_by("-answers", "worker_id", "field")[:_MOST_WORKERS]
        for bounds in [skill_interval(row)]
    )
