"""Reads. Every count that a page shows comes from one aggregated query."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from accounts import roles
from accounts.models import Membership, Role, User
from common.counts import kept_when_costly
from common.errors import Conflict
from rewards import fair_rate
from rewards.fair_rate import Rate
from tasks_app.fields.base import Field
from tasks_app.fields.schema import parse_fields
from tasks_app.lacking import LackingLine, lacking_lines
from tasks_app.models import Assignment, Item, Project, SchemaVersion
from tasks_app.reputation import Reputation, reputations_of


@lru_cache(maxsize=512)
def schema_version(schema_version_id: UUID) -> SchemaVersion:
    """Versions are never edited, so the cache cannot go stale."""
    return SchemaVersion.objects.get(pk=schema_version_id)


def usual_text_bytes(project_id: UUID) -> int:
    """How large an item's content is, by the first hundred: all of them would take too long to look at."""
    sql = """
        SELECT coalesce(avg(octet_length(payload::text)), 0)::int
        FROM (SELECT payload FROM tasks_app_item WHERE project_id = %s ORDER BY position LIMIT 100) first
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [project_id])
        size: int = cursor.fetchone()[0]
    return size


@lru_cache(maxsize=512)
def schema_fields(schema_version_id: UUID) -> tuple[Field, ...]:
    """The parsed fields of a schema version."""
    return parse_fields(schema_version(schema_version_id).fields)


def current_schema(project: Project) -> SchemaVersion:
    version = project.schema_versions.order_by("-number").first()
    if version is None:
        raise Conflict(_("This project has no answer fields yet. Add at least one."), code="no_fields")
    return version


def current_fields(project: Project) -> tuple[Field, ...]:
    """The latest fields; empty for a draft without any."""
    version = project.schema_versions.order_by("-number").first()
    return schema_fields(version.pk) if version else ()


def schema_versions(project: Project) -> list[dict[str, Any]]:
    """Number, time, fields and how many answers were given under it, of each version; the latest first."""
    given = Count("assignment", filter=Q(assignment__state=Assignment.State.SUBMITTED))
    rows = project.schema_versions.annotate(answers=given).order_by("-number")
    return [dict(row) for row in rows.values("id", "number", "created_at", "fields", "answers")]


@dataclass(frozen=True)
class Progress:
    items: int
    waiting: int
    open: int
    closed: int
    withdrawn: int
    gold: int
    slots: int
    submitted: int
    # Items that the crowd settled, and the answers it gave to them; gold and imported labels left out.
    settled: int = 0
    settled_answers: int = 0
    counted_at: datetime | None = None  # None: just now

    @property
    def asked(self) -> int:
        """Items that the crowd is asked about: neither gold nor withdrawn."""
        return self.items - self.gold - self.withdrawn

    @property
    def share(self) -> float:
        """Closed items as a share of those, 0..1."""
        return self.closed / self.asked if self.asked > 0 else 0.0

    @property
    def percent(self) -> int:
        return round(100 * self.share)


def progress(project_id: UUID) -> Progress:
    return progress_of_each([project_id])[project_id]


def progress_of_each(project_ids: Sequence[UUID]) -> dict[UUID, Progress]:
    found = _items_counted.of_each([str(one) for one in project_ids])
    return {one: Progress(**found[str(one)].value, counted_at=found[str(one)].at) for one in project_ids}


@kept_when_costly
def _items_counted(project_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    ordinary = Q(gold__isnull=True)
    by_crowd = Q(state=Item.State.CLOSED, submitted__gt=0) & ordinary
    rows = (
        Item.objects.filter(project_id__in=project_ids)
        .values("project_id")
        .annotate(
            items=Count("id"),
            waiting=Count("id", filter=Q(state=Item.State.WAITING) & ordinary),
            open=Count("id", filter=Q(state=Item.State.OPEN) & ordinary),
            closed=Count("id", filter=Q(state=Item.State.CLOSED) & ordinary),
            withdrawn=Count("id", filter=Q(state=Item.State.WITHDRAWN)),
            # Under names of their own: an annotation called like a column would be taken for it.
            golden=Count("id", filter=Q(gold__isnull=False) & ~Q(state=Item.State.WITHDRAWN)),
            wanted=Sum("slots", filter=ordinary),
            given=Sum("submitted", filter=ordinary),
            settled=Count("id", filter=by_crowd),
            settled_answers=Sum("submitted", filter=by_crowd),
        )
    )
    counted: dict[str, dict[str, int]] = {
        str(row["project_id"]): {
            _NAMES.get(key, key): value or 0 for key, value in row.items() if key != "project_id"
        }
        for row in cast("Iterable[dict[str, Any]]", rows)
    }
    return {one: counted.get(one, _NO_ITEMS) for one in project_ids}


_NAMES = {"golden": "gold", "wanted": "slots", "given": "submitted"}
_NO_ITEMS = dict.fromkeys(
    ("items", "waiting", "open", "closed", "withdrawn", "gold", "slots", "submitted", "settled",
     "settled_answers"), 0
)  # fmt: skip


def projects_of(user: User) -> QuerySet[Project]:
    """The projects that a person may manage or review; an admin and a site reviewer see all."""
    held = roles.site_roles(user)
    if Role.ADMIN in held or Membership.objects.filter(user=user, scope=None, role=Role.REVIEWER).exists():
        return Project.objects.all()
    shared = Membership.objects.filter(user=user).exclude(scope=None).exclude(role=Role.ANNOTATOR)
    return Project.objects.filter(Q(owner=user) | Q(pk__in=shared.values("scope")))


@dataclass(frozen=True)
class CatalogueEntry:
    project: Project
    rate: Rate  # what people really earned in an hour, as last measured
    items_left: int
    lacking: tuple[LackingLine, ...]
    reputation: Reputation

    @property
    def blocked(self) -> bool:
        return any(line.blocks for line in self.lacking)


_CATALOGUE = """
SELECT p.id,
       (SELECT count(*) FROM (
            SELECT 1 FROM tasks_app_item i
            WHERE i.project_id = p.id AND i.free AND NOT i.restricted AND i.gold IS NULL
              AND NOT EXISTS (SELECT 1 FROM tasks_app_assignment a
                              WHERE a.item_id = i.id AND a.worker_id = %(user)s)
            LIMIT %(most)s) available)
FROM tasks_app_project p WHERE p.id = ANY(%(projects)s)
"""


def catalogue(user: User, *, most: int = 1_000, only: UUID | None = None) -> list[CatalogueEntry]:
    """The published projects that `user` may see, best paid first; `items_left` stops counting at `most`."""
    invited = Membership.objects.filter(user=user).exclude(scope=None).values("scope")
    visible = Q(visibility=Project.Visibility.OPEN) | Q(pk__in=invited)
    wanted = Q() if only is None else Q(pk=only)
    published = Project.objects.filter(visible, wanted, state=Project.State.PUBLISHED)
    projects = {project.pk: project for project in published}
    if not projects:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_CATALOGUE, {"projects": list(projects), "user": user.pk, "most": most})
        rows = cursor.fetchall()
    lacking = lacking_lines(list(projects.values()), user)
    rates = fair_rate.rates_of({project.pk: project.currency for project in projects.values()})
    known = reputations_of({project.owner_id for project in projects.values()})
    entries = [
        CatalogueEntry(projects[pk], rates[pk], left, tuple(lacking[pk]), known[projects[pk].owner_id])
        for pk, left in rows
    ]
    return sorted(
        entries,
        key=lambda e: (not e.items_left, e.blocked, bool(e.lacking), -(e.rate.median_minor or 0)),
    )


def live_assignments(user: User, project_id: UUID) -> QuerySet[Assignment]:
    return (
        Assignment.objects.filter(worker=user, project_id=project_id, state=Assignment.State.LEASED)
        .select_related("item")
        .order_by("created_at", "id")
    )
