"""The code of a second factor, given with a password where no page can ask for it."""

from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.second_factor import has_second_factor
from common.errors import NotSignedIn, TooManyRequests

TRIES, SECONDS = 5, 300
_KINDS = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)


class CodeWanted(NotSignedIn):
    code = "second_factor"


def check_code(*, user: User, code: str) -> None:
    """Raises CodeWanted where the account has a second factor and `code` is not of it.

    Five tries in five minutes for each account, whoever asks: six digits are soon tried out otherwise.
    """
    if not has_second_factor(user):
        return
    if not code:
        raise CodeWanted(_("This account has a second factor. Send its code as “code”."))
    _take_try(user)
    rows = Authenticator.objects.filter(user=user, type__in=_KINDS)
    if not any(row.wrap().validate_code(code) for row in rows):
        raise CodeWanted(_("This code is wrong or was used before."))


def _take_try(user: User) -> None:
    key = f"second-factor:{user.pk}"
    cache.add(key, 0, timeout=SECONDS)
    try:
        tries = cache.incr(key)
    except ValueError:  # it has just ended, or the cache is away
        tries = 1
    if tries > TRIES:
        raise TooManyRequests(_("Too many codes were tried. Wait five minutes."))
