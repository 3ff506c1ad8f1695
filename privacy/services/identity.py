"""Whether somebody is who they say: by password, by a mailbox, or by an administrator who gives a reason."""

from allauth.account.models import EmailAddress
from django.utils.translation import gettext as _

from accounts.models import User
from common.errors import Invalid, Problem
from privacy import limits


def has_given_password(user: User, password: str) -> bool:
    """Whether `password` is given and right; Invalid when it is wrong. Ten guesses an hour."""
    if not password:
        return False
    limits.take("password", str(user.pk), limit=10)
    if not user.check_password(password):
        detail = _("This is not your password.")
        raise Invalid(detail, problems=[Problem("/password", "wrong", detail)])
    return True


def proven_addresses(user: User) -> list[str]:
    """Those whose mailbox the account's owner has shown to read."""
    return list(EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True))


def account_at(address: str) -> User | None:
    """The account that signs in with `address`: whoever reads its mail can reset its password anyway."""
    return User.objects.filter(email=address.lower(), imported=False, is_active=True).first()
