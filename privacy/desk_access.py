"""The privacy desk is an administrator's; to everybody else it does not exist."""

from django.utils.translation import gettext as _

from accounts import roles
from accounts.models import Role, User
from common.errors import NotFound


def require_privacy_desk(user: User) -> None:
    if Role.ADMIN not in roles.site_roles(user):
        raise NotFound(_("There is nothing here, or it is not yours to see."))
