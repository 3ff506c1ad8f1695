"""How projects treat their annotators, counted in the background and only ever read on pages."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, Sum
from django.utils import timezone

from accounts.models import Membership, Role
from accounts.services.notifications import notify
from annotations.models import Answer, ProjectRecord
from common.rounds import each
from tasks_app.models import Project
from tasks_app.reputation import Reputation

_EVERY = timedelta(minutes=10)
_WARNING = timedelta(hours=24)
# The latest answers tell how somebody decides now, and a project of a million costs no more than these.
_RECENT = 10_000
_COUNT = """
WITH latest AS (
    SELECT id, state, created_at, decided_at FROM annotations_answer
    WHERE project_id = %(project)s AND source = 'crowd' ORDER BY created_at DESC LIMIT %(recent)s
), appealed AS (
    SELECT a.state FROM latest JOIN annotations_appeal a ON a.answer_id = latest.id
)
SELECT count(*) FILTER (WHERE state = 'approved'), count(*) FILTER (WHERE state = 'rejected'),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM decided_at - created_at))
           FILTER (WHERE decided_at IS NOT NULL),
       (SELECT count(*) FROM appealed), (SELECT count(*) FROM appealed WHERE state = 'upheld'),
       (SELECT count(*) FROM appealed WHERE state = 'dismissed')
FROM latest
"""


def count_due() -> None:
    """Bring up to date the projects that are open, and those that ended a month ago or less."""
    now = timezone.now()
    live = Q(state__in=[Project.State.PUBLISHED, Project.State.PAUSED])
    ended = Q(state=Project.State.FINISHED, finished_at__gt=now - timedelta(days=30))
    fresh = ProjectRecord.objects.filter(project=OuterRef("pk"), computed_at__gt=now - _EVERY / 2)
    due = Project.objects.filter(live | ended).exclude(Exists(fresh))
    each(count, due.values_list("pk", flat=True))


def count(project_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"project": project_id, "recent": _RECENT})
        approved, rejected, seconds, appeals, upheld, dismissed = cursor.fetchone()
    ProjectRecord.objects.update_or_create(
        project_id=project_id,
        defaults={
            "approved": approved,
            "rejected": rejected,
            "appeals": appeals,
            "upheld": upheld,
            "dismissed": dismissed,
            "decision_seconds": seconds,
            "computed_at": timezone.now(),
        },
    )


def reputations(owners: Collection[UUID]) -> dict[UUID, Reputation]:
    """A few rows for each requester; the median of several projects is the mean of theirs by answers."""
    rows = ProjectRecord.objects.filter(project__owner__in=owners).values("project__owner")
    decided = F("approved") + F("rejected")
    rows = rows.annotate(
        yes=Sum("approved"),
        no=Sum("rejected"),
        asked=Sum("appeals"),
        right=Sum("upheld"),
        heard=Sum(F("upheld") + F("dismissed")),
        time=Sum(F("decision_seconds") * decided, filter=Q(decision_seconds__isnull=False)),
        timed=Sum(decided, filter=Q(decision_seconds__isnull=False)),
    )
    return {
        row["project__owner"]: Reputation(
            approved=row["yes"],
            rejected=row["no"],
            appeals=row["asked"],
            upheld=row["right"],
            heard=row["heard"],
            decision_seconds=row["time"] / row["timed"] if row["timed"] else None,
        )
        for row in rows
    }


def warn_reviewers() -> int:
    """Tell reviewers, once a day and project, of doubtful answers that approve themselves within a day."""
    now, told = timezone.now(), 0
    for record in ProjectRecord.objects.select_related("project").filter(
        Q(warned_at=None) | Q(warned_at__lt=now - _WARNING)
    ):
        project = record.project
        due = now + _WARNING - timedelta(seconds=project.auto_approve_after)
        waiting = Answer.objects.filter(
            project=project, state=Answer.State.PENDING, source=Answer.Source.CROWD, created_at__lt=due
        ).filter(item__consensus__state="review")
        number = len(set(waiting.values_list("pk", flat=True)[:1000]))
        if number and ProjectRecord.objects.filter(pk=record.pk, warned_at=record.warned_at).update(
            warned_at=now
        ):
            _warn(project, number)
            told += 1
    return told


def _warn(project: Project, number: int) -> None:
    roles = [Role.REVIEWER, Role.REQUESTER]
    people = Membership.objects.filter(scope=project.pk, role__in=roles).values_list("user_id", flat=True)
    for person in {project.owner_id, *people}:
        notify(
            user_id=person,
            kind="approving_soon",
            url=f"/projects/{project.pk}/review/",
            project=project.title,
            number=number,
        )
