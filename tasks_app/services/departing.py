"""A person leaves: what they hold goes back, and what they did stays under a name that is nobody's."""

from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from privacy.holders import Obstacle, Subject
from rewards.models import Activity
from tasks_app.models import (
    Assignment,
    Flag,
    Project,
    PutAway,
    QualificationAttempt,
    SchemaDraft,
    TryOut,
    WorkerProgress,
    WorkerQualification,
)
from tasks_app.services.assignment import end_leases_of

REASON = "erased"
_ANSWERED = (Assignment.State.SUBMITTED, Assignment.State.LATE)


def give_everything_back(user: User, *, reason: str = REASON) -> int:
    """End all leases of a locked account; what is being handed in at this moment comes first and counts.

    What ran out cannot be answered late any more.
    """
    leased = Assignment.objects.filter(worker=user, state=Assignment.State.LEASED)
    projects = Project.objects.filter(pk__in=leased.values("project")).order_by("pk")
    ended = sum(end_leases_of(project=project, worker=user, reason=reason) for project in projects)
    Assignment.objects.filter(worker=user, state=Assignment.State.EXPIRED).update(
        state=Assignment.State.RETURNED
    )
    return ended


def hand_over(*, project_id: UUID, user: User, to: User) -> int:
    """Answered assignments and flags of one project get another name; those without an answer go."""
    answered = Assignment.objects.filter(project=project_id, worker=user, state__in=_ANSWERED)
    _forget_activity(answered)
    moved = answered.update(worker=to, claim_key="", reason="")
    Flag.objects.filter(item__project=project_id, worker=user).update(worker=to, comment="")
    return moved + drop_unanswered(Assignment.objects.filter(project=project_id, worker=user))


def drop_unanswered(rows: QuerySet[Assignment]) -> int:
    _forget_activity(rows)
    return rows.delete()[0]


def _forget_activity(rows: QuerySet[Assignment]) -> None:
    """When somebody was seen at work, sign by sign; the day's sum is kept apart from it."""
    Activity.objects.filter(assignment__in=rows.values("pk")).delete()


def leave_everything(user: User) -> dict[str, int]:
    """What is left of a person once their answers are handed over. Each may be there again after a repeat."""
    return {
        "assignments": drop_unanswered(Assignment.objects.filter(worker=user, answer=None)),
        "flags": Flag.objects.filter(worker=user).delete()[0],
        "progress": WorkerProgress.objects.filter(worker=user).delete()[0],
        "attempts": QualificationAttempt.objects.filter(worker=user).delete()[0],
        "qualifications": WorkerQualification.objects.filter(worker=user).delete()[0],
        "tries": TryOut.objects.filter(person=user).delete()[0],
        "drafts": SchemaDraft.objects.filter(person=user).delete()[0],
        "put_away": PutAway.objects.filter(person=user).delete()[0],
        "decided_bans": WorkerProgress.objects.filter(banned_by=user).update(banned_by=None),
    }


def owned_projects(subject: Subject) -> list[Obstacle]:
    """A project at work needs somebody who answers for it."""
    going_on = [Project.State.PUBLISHED, Project.State.PAUSED]
    titles = list(
        Project.objects.filter(owner=subject.account, state__in=going_on).values_list("title", flat=True)[:5]
        if subject.account
        else []
    )
    if not titles:
        return []
    text = _("Finish your projects first: people are at work on them (%s).") % ", ".join(titles)
    return [Obstacle("owns_projects", text)]
