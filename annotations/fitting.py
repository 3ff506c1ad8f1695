"""The full fit: everybody's skill, every label's share and the agreement, from all answers of a project.

Between two fits each item is decided by Bayes' rule with what the last fit learned; afterwards the items that
are still open or in doubt are decided anew.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from annotations import methods, overlap_study, readings
from annotations.aggregation.families import family
from annotations.aggregation.inference import Inference, Posterior, TooManyLabels, infer
from annotations.aggregation.judgments import KNOWN, Judgment
from annotations.agreement import measure_agreement
from annotations.judging import Verdict, answers_to, decode_all, full_unit, voice_of
from annotations.models import COUNTED, Answer, Consensus, FieldFit, WorkerSkill
from annotations.settling import settle
from annotations.voices import Voice, judged
from common.rounds import each
from tasks_app import selectors
from tasks_app.fields.base import Field
from tasks_app.models import Item, Project

_BATCH = 100
_PAGE = 500
_SMALL = 20_000  # answers; up to here a fit is quick enough to follow every change
_GROWTH = 1.1
_QUIET = timedelta(seconds=60)
# An answer's time is taken before its transaction ends, so what is seen last may not be the latest.
_IN_FLIGHT = timedelta(seconds=30)


@dataclass
class Corpus:
    """All judgments of a project by field, and which units belong to the items that still need a decision."""

    judgments: dict[str, list[Judgment]] = field(default_factory=lambda: defaultdict(list))
    answers: dict[UUID, set[UUID]] = field(default_factory=lambda: defaultdict(set))
    units: dict[UUID, dict[str, dict[str, str]]] = field(default_factory=dict)  # item -> field -> full -> own
    schema: dict[UUID, UUID] = field(default_factory=dict)  # item -> version of its latest answer
    numbers: dict[UUID, int] = field(default_factory=dict)  # item -> its number in full units
    count: int = 0

    def prefixes(self) -> dict[UUID, str]:
        """Item -> what the full names of its units begin with."""
        return {item: full_unit(number, "") for item, number in self.numbers.items()}


def refit_due() -> None:
    """Fit the projects that got answers since their last fit."""
    each(_refit_if_due, _candidates())


def _refit_if_due(project_id: UUID) -> None:
    if _is_due(project_id):
        refit(project_id, wait=False)


def _candidates() -> list[UUID]:
    """By index only: projects whose latest answer may be younger than their fit, or that have none."""
    fresh = Answer.objects.filter(
        project=OuterRef("project"), created_at__gt=OuterRef("fitted_at") - _IN_FLIGHT
    )
    # 0: the fit was told that its answers weigh differently now.
    fitted = FieldFit.objects.filter(Exists(fresh) | Q(answers=0)).values("project_id")
    never = Exists(Answer.objects.filter(project=OuterRef("pk"))) & ~Exists(
        FieldFit.objects.filter(project=OuterRef("pk"))
    )
    return list(Project.objects.filter(Q(pk__in=fitted) | never).values_list("pk", flat=True))


def _is_due(project_id: UUID) -> bool:
    """Small projects follow every change; large ones when they have grown, or when the crowd has paused."""
    count, fitted = _answer_count(project_id), _fitted_count(project_id)
    if count == fitted:
        return False
    if count <= _SMALL or count >= fitted * _GROWTH:
        return True
    latest = Answer.objects.filter(project_id=project_id).latest("created_at").created_at
    return bool(timezone.now() - latest > _QUIET)


def _answer_count(project_id: UUID) -> int:
    return Answer.objects.filter(project_id=project_id).count()


def _fitted_count(project_id: UUID) -> int:
    return min(FieldFit.objects.filter(project_id=project_id).values_list("answers", flat=True), default=0)


def refit(project_id: UUID, *, wait: bool) -> bool:
    """Fit a project now. One fit at a time: with `wait` the second waits its turn, else it leaves (False)."""
    project = Project.objects.get(pk=project_id)
    with transaction.atomic():
        if not _take_turn(project_id, wait):
            return False
        if _answer_count(project_id) == _fitted_count(project_id):
            measure_agreement(project)  # a reviewer may have corrected what annotators are compared with
            return True
        verdicts = _fit(project)
    for start in range(0, len(verdicts), _BATCH):
        settle(project, verdicts[start : start + _BATCH])
    measure_agreement(project)
    overlap_study.refresh(project)
    return True


def _take_turn(project_id: UUID, wait: bool) -> bool:
    name = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {name}(hashtextextended(%s, 0))", [f"refit {project_id}"])
        return wait or bool(cursor.fetchone()[0])


def _fit(project: Project) -> list[Verdict]:
    """Store what the fit learned; return what it says about the items that still need a decision."""
    started = timezone.now()
    fields = {f.name: f for f in selectors.schema_fields(selectors.current_schema(project).pk)}
    corpus = _read(project)
    posteriors: dict[str, Posterior] = {}
    for name, current in fields.items():
        judgments = corpus.judgments[name]
        choice = methods.choose(project.pk, current, judgments)
        method = methods.used(project.pk, name, choice) if choice else None
        inference = _infer(current, judgments, method)
        posteriors[name] = inference.posterior
        reading: dict[str, Any] = {}
        if method and (read := readings.models_read(project.pk, name, corpus.prefixes()))[1]:
            posteriors[name], reading = readings.listen(judgments, inference, method, *read)
        _store(project, current, inference, corpus, started)
        methods.keep(project.pk, name, choice, inference.doubt, reading)
    return list(_verdicts(corpus, posteriors))


def _infer(current: Field, judgments: Sequence[Judgment], method: str | None) -> Inference:
    try:
        if method:
            return infer(judgments, method=method)
        return family(current.method).fit(judgments)
    except TooManyLabels:
        return family("majority").fit(judgments)  # then every voice counts the same


def _undecided(project: Project) -> set[UUID]:
    open_rows = Consensus.objects.filter(
        project=project, state__in=[Consensus.State.OPEN, Consensus.State.REVIEW]
    )
    waiting = Item.objects.filter(project=project, needs_aggregation=True, gold__isnull=True)
    waiting = waiting.filter(submitted__gte=F("slots"))
    return {*open_rows.values_list("item_id", flat=True), *waiting.values_list("pk", flat=True)}


def _read(project: Project) -> Corpus:
    # Counted first: an answer that comes in while we read is fitted once more rather than never.
    corpus = Corpus(count=_answer_count(project.pk))
    undecided = _undecided(project)
    for number, item, answers in _answered_items(project):
        _add_item(corpus, item, number, answers, needed=item.pk in undecided)
    return corpus


def _answered_items(project: Project) -> Iterator[tuple[int, Item, list[Answer]]]:
    """In pages by position, so that memory holds one page of texts and no cursor stays open for minutes."""
    answered = Exists(Answer.objects.filter(COUNTED, item=OuterRef("pk")))
    rows = Item.objects.filter(answered, project=project).order_by("position")
    rows = rows.only("payload", "gold", "position", "project_id")
    number, last = 0, None
    while page := list((rows if last is None else rows.filter(position__gt=last))[:_PAGE]):
        last = page[-1].position
        answers = answers_to([item.pk for item in page])
        for item in page:
            if item.pk in answers:
                number += 1
                yield number, item, answers[item.pk]


def _add_item(corpus: Corpus, item: Item, number: int, answers: Sequence[Answer], *, needed: bool) -> None:
    said = judged([*_known_truth(item, answers[-1]), *map(voice_of, answers)], item.payload)
    corpus.numbers[item.pk] = number
    units: dict[str, dict[str, str]] = corpus.units.setdefault(item.pk, {}) if needed else {}
    for name, judgments in said.items():
        own = units.setdefault(name, {})
        for judgment in judgments:
            full = full_unit(number, judgment.unit)
            own[full] = judgment.unit
            corpus.judgments[name].append(judgment._replace(unit=full))
    if needed:
        corpus.answers[item.pk] = {answer.pk for answer in answers}
        corpus.schema[item.pk] = answers[-1].schema_version_id


def _known_truth(item: Item, answer: Answer) -> list[Voice]:
    """A gold item's truth joins in as one more person, for the fields in which people can be wrong."""
    if not item.gold:
        return []
    fields = selectors.schema_fields(answer.schema_version_id)
    return [Voice(KNOWN, [f for f in fields if family(f.method).weighs_people], item.gold)]


def _verdicts(corpus: Corpus, posteriors: dict[str, Posterior]) -> Iterator[Verdict]:
    ids = list(corpus.units)
    for start in range(0, len(ids), _BATCH):
        for item in Item.objects.filter(pk__in=ids[start : start + _BATCH]).only("payload"):
            yield _verdict(item, corpus, posteriors)


def _verdict(item: Item, corpus: Corpus, posteriors: dict[str, Posterior]) -> Verdict:
    fields = selectors.schema_fields(corpus.schema[item.pk])
    own: dict[str, Posterior] = {}
    for name, units in corpus.units[item.pk].items():
        everywhere = posteriors.get(name, {})
        own[name] = {unit: everywhere[full] for full, unit in units.items() if full in everywhere}
    return Verdict(item.pk, frozenset(corpus.answers[item.pk]), decode_all(fields, own, item.payload))


def _store(project: Project, current: Field, inference: Inference, corpus: Corpus, started: datetime) -> None:
    WorkerSkill.objects.bulk_create(
        [
            WorkerSkill(
                project=project,
                field=current.name,
                worker_id=UUID(worker),
                accuracy=skill.accuracy,
                confusion={
                    true: {said: round(share, 4) for said, share in row.items()}
                    for true, row in skill.confusion.items()
                },
                evidence={true: round(worth, 1) for true, worth in skill.evidence.items()},
                habits={name: round(chance, 4) for name, chance in skill.habits.items()},
                answers=skill.answers,
            )
            for worker, skill in sorted(inference.skill.items())
            if worker != KNOWN
        ],
        update_conflicts=True,
        unique_fields=["project", "field", "worker"],
        update_fields=["accuracy", "confusion", "evidence", "habits", "answers", "updated_at"],
        batch_size=500,
    )
    FieldFit.objects.update_or_create(
        project=project,
        field=current.name,
        defaults={
            "priors": inference.priors,
            "answers": corpus.count,
            "fitted_at": started,
        },
    )
