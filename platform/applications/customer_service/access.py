"""Rows of one project's customer service. Whoever may not see them hears that they are not there."""

from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from applications.access import project_with
from applications.customer_service.models import Pair, Unknown
from common.errors import NotFound
from tasks_app.models import Project

TEMPLATE = "customer-service"


def service_for(user: User, project_id: UUID) -> Project:
    return project_with(user, project_id, TEMPLATE)[0]


def pair_for(project: Project, pair_id: UUID) -> Pair:
    pair = Pair.objects.filter(project=project, pk=pair_id).select_related("item").first()
    if pair is None:
        raise NotFound(_("There is no such pair."))
    return pair


def unknown_for(project: Project, unknown_id: UUID) -> Unknown:
    unknown = Unknown.objects.filter(project=project, pk=unknown_id, restricted=False).first()
    if unknown is None:
        raise NotFound(_("There is no such question."))
    return unknown
