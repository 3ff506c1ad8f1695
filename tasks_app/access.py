"""The only way from an id in a URL to a row. "Absent" and "not yours" get the same answer."""

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from accounts import roles
from accounts.models import Role, User
from common.errors import Forbidden, NotFound
from common.prepared import Prepared, Rows
from privacy.models import CheckedText, MissedValue
from tasks_app.models import Assignment, ImportJob, Item, Project

_all = Rows(Project, "p")
_for_a_claim = Rows(Project, "p", "id", "state", "visibility", "gold_share", "sampling", "max_per_group")
_FIND = "SELECT {} FROM tasks_app_project p WHERE p.id = %(id)s AND p.state <> 'draft'"
_TO_ANSWER, _TO_CLAIM = Prepared(_FIND.format(_all.columns)), Prepared(_FIND.format(_for_a_claim.columns))


def _no_project() -> NotFound:
    return NotFound(_("There is no such project."))


def project_for(user: User, project_id: UUID, role: str = Role.REQUESTER) -> Project:
    """The project, if `user` holds `role` in it; the owner holds every role."""
    project = Project.objects.filter(pk=project_id).first()
    if project is None:
        raise _no_project()
    if project.owner_id == user.pk:
        return project
    held = roles.roles_in(user, project_id)
    if role in held:
        return project
    if held:
        name = roles.NAMES[Role(role)]
        raise Forbidden(_("This needs the role “%(role)s” in this project.") % {"role": name})
    raise _no_project()


def project_to_answer(user: User, project_id: UUID) -> Project:
    """The project, if `user` may answer its items: it was published, and is open or the person is invited."""
    return _let_in(user, [_all.of(row) for row in _TO_ANSWER.rows(id=project_id)])


def project_to_claim(user: User, project_id: UUID) -> Project:
    """The same, with no more of its fields than a claim looks at."""
    return _let_in(user, [_for_a_claim.of(row) for row in _TO_CLAIM.rows(id=project_id)])


def _let_in(user: User, found: Sequence[Project]) -> Project:
    for project in found:
        if project.visibility == Project.Visibility.OPEN:
            return project
        if Role.ANNOTATOR in roles.roles_in(user, project.pk):
            return project
    raise _no_project()


def assignment_for(user: User, assignment_id: UUID) -> Assignment:
    row = Assignment.objects.filter(pk=assignment_id, worker=user).select_related("project").first()
    if row is None:
        raise NotFound(_("There is no such assignment."))
    return row


def item_for(user: User, item_id: UUID, role: str = Role.REQUESTER) -> Item:
    item = Item.objects.select_related("project").filter(pk=item_id).first()
    if item is None:
        raise NotFound(_("There is no such item."))
    try:
        project_for(user, item.project_id, role)
    except NotFound:
        raise NotFound(_("There is no such item.")) from None
    return item


def decides_on_originals(user: User, project: Project) -> bool:
    """Whether `user` may look at replaced values whatever the project says, and change what it says."""
    return project.owner_id == user.pk or Role.ADMIN in roles.site_roles(user)


def may_reveal(user: User, project: Project) -> bool:
    """Whether `user` may look at replaced values for a reason."""
    if decides_on_originals(user, project):
        return True
    held = roles.roles_in(user, project.pk)
    if project.may_reveal == Project.MayReveal.REVIEWERS:
        return not held.isdisjoint({Role.REQUESTER, Role.REVIEWER})
    return project.may_reveal == Project.MayReveal.REQUESTERS and Role.REQUESTER in held


def item_to_reveal(user: User, item_id: UUID) -> Item:
    item = item_for(user, item_id, Role.REVIEWER)
    if not may_reveal(user, item.project):
        raise Forbidden(_("You may not look at the originals of this project. Its owner decides who may."))
    return item


def project_to_reveal(user: User, project_id: UUID) -> Project:
    project = project_for(user, project_id, Role.REVIEWER)
    if not may_reveal(user, project):
        raise Forbidden(_("You may not look at the originals of this project. Its owner decides who may."))
    return project


def import_job_for(user: User, job_id: UUID) -> ImportJob:
    job = ImportJob.objects.filter(pk=job_id).first()
    if job is None:
        raise NotFound(_("There is no such import."))
    project_for(user, job.project_id)
    return job


def missed_value_for(user: User, missed_id: UUID) -> MissedValue:
    """A report of missed personal data, for whoever reviews the project."""
    row = MissedValue.objects.filter(pk=missed_id).first()
    absent = NotFound(_("There is no such report."))
    if row is None:
        raise absent
    _as_reviewer(user, row.project, absent)
    return row


def checked_text_for(user: User, text_id: int) -> CheckedText:
    """A text of a sample that is read for missed personal data, for whoever reviews the project."""
    row = CheckedText.objects.select_related("check_of").filter(pk=text_id).first()
    absent = NotFound(_("There is no such text."))
    if row is None:
        raise absent
    _as_reviewer(user, row.check_of.project, absent)
    return row


def _as_reviewer(user: User, project_id: UUID, absent: NotFound) -> None:
    try:
        project_for(user, project_id, Role.REVIEWER)
    except NotFound:
        raise absent from None
