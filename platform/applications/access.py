"""Who may use an application. Whoever may not hears that it is not there."""

from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from applications.kinds import Kind, kind_of
from common.errors import NotFound
from tasks_app import access as projects
from tasks_app.models import Project


def project_with(user: User, project_id: UUID, template: str | None = None) -> tuple[Project, Kind]:
    """A project that `user` runs, and its application: that of `template` where one is named."""
    project = projects.project_for(user, project_id)
    kind = kind_of(project)
    if kind is None or template not in (None, kind.template):
        raise NotFound(_("This project has no such application."))
    return project, kind
