"""The only way from an id in a URL to a row. "Absent" and "not yours" get the same answer."""

from uuid import UUID

from django.utils.translation import gettext as _

from accounts import roles
from accounts.models import Role, User
from common.errors import Forbidden, NotFound
from common.prepared import Prepared, Rows
from tasks_app.models import Assignment, ImportJob, Item, Project

_projects = Rows(Project, "p")
_TO_ANSWER = Prepared(
    f"SELECT {_projects.columns} FROM tasks_app_project p WHERE p.id = %(id)s AND p.state <> 'draft'"  # noqa: S608
)


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
    rows = _TO_ANSWER.rows(id=project_id)
    if not rows:
        raise _no_project()
    project = _projects.of(rows[0])
    if project.visibility == Project.Visibility.OPEN or Role.ANNOTATOR in roles.roles_in(user, project_id):
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


def import_job_for(user: User, job_id: UUID) -> ImportJob:
    job = ImportJob.objects.filter(pk=job_id).first()
    if job is None:
        raise NotFound(_("There is no such import."))
    project_for(user, job.project_id)
    return job
