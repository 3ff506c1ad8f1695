"""Who may use an application. Whoever may not hears that it is not there."""

from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from applications.kinds import Kind, kind_of
from applications.models import Setup
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


def setup_for(user: User, setup_id: UUID) -> Setup:
    """To whoever asked for it, and to whoever runs its project."""
    setup = Setup.objects.select_related("project").filter(pk=setup_id).first()
    if setup is None:
        raise NotFound(_("There is no such set-up."))
    if setup.created_by_id != user.pk:
        projects.project_for(user, setup.project_id)
    return setup
