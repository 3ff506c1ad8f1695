"""What keeps a person from the projects of the catalogue, in words and with a way on where there is one.

The claim decides by itself, inside its statement; this only tells beforehand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from accounts.models import User
from tasks_app.models import Assignment, Project, WorkerProgress
from tasks_app.qualified import Lacking, lacking_by_project
from tasks_app.reading import lane, lanes_of

_SETTINGS = "/settings/"


@dataclass(frozen=True)
class LackingLine:
    """One thing that is missing; `url` leads to what would help, `blocks` is False for a mere hint."""

    code: str
    text: str
    url: str = ""
    link: str = ""
    blocks: bool = True


def lacking_lines(projects: Sequence[Project], user: User) -> dict[UUID, list[LackingLine]]:
    """For each project what the person lacks, in a handful of queries however many projects there are."""
    qualifications = lacking_by_project(projects, user)
    mine = WorkerProgress.objects.filter(worker=user, project__in=projects)
    banned = set(mine.filter(banned_at__isnull=False).values_list("project_id", flat=True))
    learning = set(mine.filter(retrain_since__isnull=False).values_list("project_id", flat=True))
    full = _at_their_limit(projects, user)
    return {
        project.pk: [
            *([_banned()] if project.pk in banned else []),
            *([_must_retrain()] if project.pk in learning else []),
            *(_qualification(one) for one in qualifications[project.pk]),
            *_languages(project, user),
            *([_limit(project)] if project.pk in full else []),
        ]
        for project in projects
    }


def _at_their_limit(projects: Sequence[Project], user: User) -> set[UUID]:
    limited = {one.pk: one.max_per_person for one in projects if one.max_per_person is not None}
    if not limited:
        return set()
    held = Q(state__in=[Assignment.State.LEASED, Assignment.State.SUBMITTED])
    rows = Assignment.objects.filter(held, worker=user, project__in=limited)
    counts = rows.values("project_id").annotate(n=Count("id")).values_list("project_id", "n")
    return {pk for pk, n in counts if n >= limited[pk]}


def _banned() -> LackingLine:
    return LackingLine("banned", _("You cannot take more items here. Accepted work stays paid."))


def _must_retrain() -> LackingLine:
    text = _("You are asked to read the instructions again before you go on.")
    return LackingLine("must_retrain", text, "/work/", _("To my work"))


def _qualification(one: Lacking) -> LackingLine:
    text = _("You need: %(title)s") % {"title": one.title}
    return LackingLine("not_qualified", text, one.url, _("Take the test") if one.url else "")


def _limit(project: Project) -> LackingLine:
    text = _("You have done the %(n)d items that one person may do here.") % {"n": project.max_per_person}
    return LackingLine("limit_reached", text)


def _languages(project: Project, user: User) -> list[LackingLine]:
    """Who has not said what they read is not kept out; the interface's language is only a guess."""
    if not project.languages:
        return []
    said = lanes_of(user)
    if {lane(one) for one in project.languages} & set(said or [lane(user.language)]):
        return []
    text = _("The texts are in: %(languages)s") % {"languages": ", ".join(project.languages)}
    return [LackingLine("other_languages", text, _SETTINGS, _("Your languages"), blocks=said is not None)]
