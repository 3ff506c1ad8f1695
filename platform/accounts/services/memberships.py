from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import roles
from accounts.models import Membership, User
from accounts.services import proving
from common import audit
from common.errors import Invalid, NotFound, Problem


@transaction.atomic
def grant_role(*, email: str, role: str, scope: UUID | None, actor: UUID | None) -> Membership:
    """Give a person a role in the project `scope`, or on the whole site (None). Twice is harmless."""
    user = User.objects.filter(email=email.strip().lower(), imported=False).first()
    if user is None:
        detail = _("Nobody here has this e-mail address. Ask the person to sign up first.")
        raise Invalid(detail, problems=[Problem("/email", "unknown", detail)])
    if actor is not None and proving.can_be_proven() and not proving.has_proven(user, user.email):
        # Anybody may have signed up under this address; a role is for the person whose mailbox it is.
        detail = _(
            "This e-mail address is not confirmed yet. Ask the person to open the link in our mail first."
        )
        raise Invalid(detail, problems=[Problem("/email", "unconfirmed", detail)])
    roles.grant(user, role, scope)
    membership = Membership.objects.select_related("user").get(user=user, role=role, scope=scope)
    audit.record("role.granted", membership, actor=actor, role=role, user=str(user.pk))
    return membership


@transaction.atomic
def revoke_role(*, membership_id: int, scope: UUID, actor: UUID) -> None:
    """Take a role in the project `scope` back; what the person did with it stays."""
    membership = Membership.objects.filter(pk=membership_id, scope=scope).first()
    if membership is None:
        raise NotFound(_("There is no such role in this project."))
    audit.record("role.revoked", membership, actor=actor, role=membership.role, user=str(membership.user_id))
    membership.delete()
