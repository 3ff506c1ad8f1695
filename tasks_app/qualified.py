"""Who has which qualification: reads."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from tasks_app.models import Project, Qualification, WorkerQualification


@dataclass(frozen=True)
class Lacking:
    """A qualification that a person would need; `url` leads to its test, "" where there is none to take."""

    pk: UUID
    title: str
    kind: str
    url: str


def required_by(project: Project) -> list[str]:
    """The ids of the qualifications that the project asks for."""
    asked: Any = project.qualification or {}
    return list(asked.get("requires", []))


def held_by(worker: User, ids: Iterable[str]) -> set[str]:
    """Those of `ids` that the person has, unexpired and not revoked."""
    live = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    rows = WorkerQualification.objects.filter(
        live, worker=worker, qualification__in=list(ids), revoked_at=None
    )
    return {str(pk) for pk in rows.values_list("qualification_id", flat=True)}


def lacking_qualifications(project: Project, worker: User) -> list[Lacking]:
    """What stands between the person and the project."""
    return lacking_by_project([project], worker)[project.pk]


def lacking_by_project(projects: Iterable[Project], worker: User) -> dict[UUID, list[Lacking]]:
    """The same for many projects, in two queries."""
    needed = {project.pk: required_by(project) for project in projects}
    ids = {one for found in needed.values() for one in found}
    if not ids:
        return {pk: [] for pk in needed}
    missing = ids - held_by(worker, ids)
    known = {str(row.pk): row for row in Qualification.objects.filter(pk__in=missing)}
    return {
        pk: [_lacking(known[one]) for one in found if one in missing and one in known]
        for pk, found in needed.items()
    }


def _lacking(row: Qualification) -> Lacking:
    takes_a_test = row.kind in {Qualification.Kind.EXAM, Qualification.Kind.TRAINING}
    url = f"/qualifications/{row.pk}/" if takes_a_test else ""
    return Lacking(row.pk, row.title, row.kind, url)
