"""How often something may be asked for, by whoever asks. Counted in the cache, an hour at a time."""

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.throttling import BaseThrottle

from common.errors import TooManyRequests
from common.keys import short

HOUR = 3600
REQUESTS = 20  # of one network address in an hour; behind one may be a whole office
CHECKS = 120


def take(what: str, who: str, *, limit: int) -> None:
    """One more by `who`; raises TooManyRequests above `limit` within an hour."""
    key = f"limit:{what}:{short(who)}"
    cache.add(key, 0, timeout=HOUR)
    try:
        count = cache.incr(key)
    except ValueError:  # it ran out between the two
        return
    if count > limit:
        raise TooManyRequests(_("Too many attempts. Try again in an hour."))


def address_of(request: HttpRequest) -> str:
    """Whom to count for: the network address that the request came from."""
    return str(BaseThrottle().get_ident(request))  # type: ignore[arg-type]  # it reads META alone
