"""How long work that counts its steps will still take."""

from datetime import datetime

from django.utils import timezone

LEAST_SHARE = 0.02  # before it, what went so far says little
LEAST_SECONDS = 2.0


def seconds_left(since: datetime, share: float) -> float | None:
    """By what went before: as fast as until now, from `since`; None while too little is done to tell."""
    gone = (timezone.now() - since).total_seconds()
    if not LEAST_SHARE <= share < 1 or gone < LEAST_SECONDS:
        return None
    return gone * (1 - share) / share
