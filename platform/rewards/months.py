"""Which month, time zone and currency a request asks for."""

import re
from collections.abc import Sequence
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from common.errors import Invalid, Problem
from rewards.models import Recognition
from rewards.statements import Month, month_of

_FIRST_YEAR, _LAST_YEAR = 2000, 2200


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """The zones that people choose from: places, and UTC."""
    places = (
        name
        for name in available_timezones()
        if "/" in name and not name.startswith(("Etc/", "posix/", "right/"))
    )
    return ("UTC", *sorted(places))


def zone_named(name: str) -> ZoneInfo:
    if name not in zone_names():
        detail = _("There is no time zone “%(name)s”. Give one like Europe/Berlin.") % {"name": name[:40]}
        raise Invalid(detail, problems=[Problem("/time_zone", "unknown", detail)])
    return ZoneInfo(name)


def zone_of(user_id: UUID) -> ZoneInfo:
    """The zone that a person chose; UTC until then."""
    chosen = Recognition.objects.filter(user=user_id).values_list("time_zone", flat=True).first()
    return ZoneInfo(chosen or "UTC")


def month_from(request: HttpRequest, user_id: UUID, given: str = "") -> Month:
    named = request.GET.get("time_zone", "")
    zone = zone_named(named) if named else zone_of(user_id)
    text = given or request.GET.get("month", "")
    if not text:
        return month_of(timezone.now(), zone)
    found = re.fullmatch(r"(\d{4})-(\d{2})", text)
    if not found or not 1 <= int(found[2]) <= 12 or not _FIRST_YEAR <= int(found[1]) <= _LAST_YEAR:
        detail = _("Give a month like 2026-11.")
        raise Invalid(detail, problems=[Problem("/month", "invalid", detail)])
    return Month(int(found[1]), int(found[2]), zone)


def currency_from(request: HttpRequest, known: Sequence[str]) -> str:
    """The one asked for; else the first that there is any of."""
    asked = request.GET.get("currency", "")
    if asked and not re.fullmatch(r"[A-Z]{3}", asked):
        detail = _("Give a currency like USD.")
        raise Invalid(detail, problems=[Problem("/currency", "invalid", detail)])
    return asked or (known[0] if known else "USD")
