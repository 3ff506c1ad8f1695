"""Who may do what: a site role holds in every project, a project role in one."""

from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Membership, Role, User
from common.errors import Forbidden

IMPLIED: dict[str, set[str]] = {
    Role.ADMIN: {Role.ADMIN, Role.REQUESTER, Role.REVIEWER, Role.ANNOTATOR},
    Role.REQUESTER: {Role.REQUESTER, Role.REVIEWER},
    Role.REVIEWER: {Role.REVIEWER},
    Role.ANNOTATOR: {Role.ANNOTATOR},
}

NAMES = {
    Role.ADMIN: gettext_lazy("administrator"),
    Role.REQUESTER: gettext_lazy("requester"),
    Role.REVIEWER: gettext_lazy("reviewer"),
    Role.ANNOTATOR: gettext_lazy("annotator"),
}


def site_roles(user: User) -> set[str]:
    """The roles that hold everywhere. Everybody who has an account may annotate."""
    if not user.is_authenticated:
        return set()
    if user.is_superuser:
        return set(Role.values)
    granted = [role for role, scope in _granted(user) if scope is None]
    return {Role.ANNOTATOR, *(implied for role in granted for implied in IMPLIED[role])}


def roles_anywhere(user: User) -> set[str]:
    """Site roles and those of single projects together: what the navigation has to lead to."""
    granted = [role for role, scope in _granted(user) if scope is not None]
    # An administrator of one project does not administer the site.
    own = {implied for role in granted for implied in IMPLIED[role]} - {Role.ADMIN}
    return site_roles(user) | own


def roles_in(user: User, scope: UUID) -> set[str]:
    """The roles that hold in the project `scope`. A site requester has none in the projects of others."""
    if user.is_superuser:
        return set(Role.values)
    found: set[str] = set()
    for role, where in _granted(user):
        if where == scope or (where is None and role in {Role.ADMIN, Role.REVIEWER}):
            found |= IMPLIED[role]
    return found


def require_site_role(user: User, role: str) -> None:
    if role not in site_roles(user):
        raise Forbidden(
            _("This needs the role “%(role)s”. Ask an administrator of this site for it.")
            % {"role": NAMES[Role(role)]}
        )


def grant(user: User, role: str, scope: UUID | None = None) -> None:
    Membership.objects.get_or_create(user=user, scope=scope, role=role)
    user.held_roles = None


def _granted(user: User) -> list[tuple[str, UUID | None]]:
    """(role, project or None for the whole site) of each membership; of a request's user read once."""
    if user.held_roles is not None:
        return user.held_roles
    found = list(Membership.objects.filter(user=user).values_list("role", "scope"))
    if user.asks:
        user.held_roles = found
    return found
