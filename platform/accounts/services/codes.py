"""The code of a second factor, given with a password where no page can ask for it."""

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.second_factor import has_second_factor
from accounts.services.guessing import count_up
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
    valid = any(row.wrap().validate_code(code) for row in rows)
    if not valid or not spend_code(user=user, code=code):
        raise CodeWanted(_("This code is wrong or was used before."))


def spend_code(*, user: User, code: str) -> bool:
    """Whether a right code is used for the first time, as RFC 6238 (section 5.2) wants it.

    allauth remembers a used code for one step of 30 s, and takes one for as many as MFA_TOTP_TOLERANCE adds.
    """
    seconds = (2 * app_settings.TOTP_TOLERANCE + 1) * app_settings.TOTP_PERIOD
    return bool(cache.add(f"spent-code:{user.pk}:{normalize_user_code(code)}", 1, seconds))


def _take_try(user: User) -> None:
    if count_up(f"second-factor:{user.pk}", SECONDS) > TRIES:
        raise TooManyRequests(_("Too many codes were tried. Wait five minutes."))
