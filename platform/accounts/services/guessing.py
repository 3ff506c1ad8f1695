"""How often passwords and codes may be tried: for each account, wherever the tries come from."""

from contextlib import suppress
from dataclasses import dataclass

from django.core.cache import cache
from django.utils.translation import gettext as _

from common.errors import TooManyRequests
from common.keys import short

SECONDS = 300
# From one network address, and from all of them together: so few that guessing is hopeless, and so many that
# whoever wants to keep a person out needs many addresses, for five minutes each time, at this door alone.
FROM_ONE, FROM_ALL = 5, 30


@dataclass(frozen=True, slots=True)
class Try:
    """A password that is being looked at. It counts until it turns out right."""

    keys: tuple[str, ...]

    def was_right(self) -> None:
        """This network address begins anew; the tries of others stay counted."""
        cache.delete(self.keys[0])
        with suppress(ValueError):  # it has just ended
            cache.decr(self.keys[1])


def take_try(*, email: str, address: str) -> Try:
    """Raises TooManyRequests above the limits, in the same way for accounts that there are not."""
    name = email.strip().lower()
    keys = (f"guess:one:{short(f'{name} {address}')}", f"guess:all:{short(name)}")
    counts = [count_up(key, SECONDS) for key in keys]
    if counts[0] > FROM_ONE or counts[1] > FROM_ALL:
        raise TooManyRequests(_("Too many attempts to sign in. Wait five minutes."))
    return Try(keys)


def count_up(key: str, seconds: int) -> int:
    """How often within `seconds` of the first time; 1 where the cache is away."""
    cache.add(key, 0, timeout=seconds)
    try:
        return int(cache.incr(key))
    except ValueError:  # it has just ended, or the cache is away
        return 1
