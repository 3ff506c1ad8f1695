"""Every page shows times where its reader is."""

from collections.abc import Callable
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

_UTC = ZoneInfo("UTC")


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """The zones that people choose from: places, and UTC."""
    odd = ("Etc/", "posix/", "right/")
    return (
        "UTC",
        *sorted(name for name in available_timezones() if "/" in name and not name.startswith(odd)),
    )


def is_zone(name: str) -> bool:
    return name in zone_names()


def zone_named(name: str) -> ZoneInfo:
    """UTC for one that is not, or no longer, known here."""
    return ZoneInfo(name) if is_zone(name) else _UTC


class InOwnZone:
    """For browsers; the API speaks UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        name = "" if request.path.startswith("/api/") else getattr(request.user, "time_zone", "")
        with timezone.override(zone_named(name)):
            return self.get_response(request)
