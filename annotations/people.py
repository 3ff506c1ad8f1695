"""The people of a project as its requester sees them: under pseudonyms, with what stands out and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Avg, F, Sum
from django.utils.translation import gettext as _

from accounts.models import User
from annotations.models import AnomalySignal, Measure, WorkerSkill
from annotations.watching import open_signals
from common.errors import NotFound
from tasks_app.models import Project, WorkerProgress
from tasks_app.pseudonyms import pseudonym

_RECENT = 200
# Of each person's latest answers, by the index on (worker, created_at).
_PACE = """
SELECT w.id, r.n, r.median, r.rejected
FROM unnest(%s::uuid[]) AS w (id), LATERAL (
    SELECT count(*) AS n, percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median,
           count(*) FILTER (WHERE state = 'rejected') AS rejected
    FROM (SELECT seconds, state FROM annotations_answer a
          WHERE a.worker_id = w.id AND a.project_id = %s ORDER BY created_at DESC LIMIT %s) latest
) r
"""


@dataclass(frozen=True)
class Signal:
    """`evidence` has figures only; `partner` is a pseudonym."""

    id: UUID
    kind: str
    score: float
    p_value: float | None
    evidence: dict[str, Any]
    partner: str


@dataclass(frozen=True)
class Person:
    """`answers`, `median_seconds` and `rejected` are of their latest 200 answers in the project."""

    annotator: str
    claimed: int
    answers: int
    median_seconds: float | None
    rejected: int
    skill: float | None
    gold_seen: int
    gold_score: float | None
    signals: tuple[Signal, ...]
    measures: tuple[Measure, ...]


def people_of(project: Project, *, page: int = 0, size: int = 50) -> list[Person]:
    """Those about whom something stands out first, then by how much they took."""
    signals = open_signals(project.pk)
    rows = WorkerProgress.objects.filter(project=project).order_by(F("claimed").desc(), "worker_id")
    claimed = dict(rows.values_list("worker_id", "claimed"))
    ordered = [*sorted(signals, key=str), *(one for one in claimed if one not in signals)]
    chosen = ordered[page * size : (page + 1) * size]
    pace, skills, measures = _pace(project, chosen), _skills(project, chosen), _measures(project, chosen)
    return [
        Person(
            annotator=pseudonym(project.pk, one),
            claimed=claimed.get(one, 0),
            **pace[one],
            **skills.get(one, {"skill": None, "gold_seen": 0, "gold_score": None}),
            signals=tuple(_signal(project, row, one) for row in signals.get(one, [])),
            measures=tuple(measures.get(one, [])),
        )
        for one in chosen
    ]


def person_named(project: Project, name: str) -> User:
    """The person behind a pseudonym, among those who took something of the project."""
    ids = WorkerProgress.objects.filter(project=project).values_list("worker_id", flat=True)
    found = next((one for one in ids.iterator() if pseudonym(project.pk, one) == name), None)
    if found is None:
        raise NotFound(_("There is no such annotator in this project."))
    return User.objects.get(pk=found)


def _signal(project: Project, row: AnomalySignal, seen_from: UUID) -> Signal:
    other = row.partner_id if row.worker_id == seen_from else row.worker_id
    partner = pseudonym(project.pk, other) if row.partner_id and other else ""
    return Signal(row.pk, row.kind, row.score, row.p_value, row.evidence, partner)


def _pace(project: Project, people: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_PACE, [list(people), project.pk, _RECENT])
        return {
            row[0]: {"answers": row[1], "median_seconds": row[2], "rejected": row[3]}
            for row in cursor.fetchall()
        }


def _skills(project: Project, people: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    rows = WorkerSkill.objects.filter(project=project, worker__in=people).values("worker_id")
    rows = rows.annotate(skill=Avg("accuracy"), seen=Sum("gold_seen"), right=Sum("gold_score"))
    return {
        row["worker_id"]: {
            "skill": row["skill"],
            "gold_seen": row["seen"],
            "gold_score": row["right"] / row["seen"] if row["seen"] else None,
        }
        for row in rows
    }


def _measures(project: Project, people: Sequence[UUID]) -> dict[UUID, list[Measure]]:
    found: dict[UUID, list[Measure]] = {}
    rows = Measure.objects.filter(project=project, worker__in=people, ended_at=None)
    for row in rows.exclude(kind=Measure.Kind.MESSAGE).order_by("created_at"):
        found.setdefault(row.worker_id, []).append(row)
    return found
