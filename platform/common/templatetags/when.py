"""Times on a page: in the reader's zone and language, and for machines in UTC."""

from datetime import UTC, date, datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format

register = template.Library()


@register.filter
def when(at: datetime | None) -> str:
    """A day and a time as the reader's language writes them: Nov. 28, 2026, 7:06 a.m."""
    return "–" if at is None else date_format(timezone.localtime(at), "DATETIME_FORMAT")


@register.filter
def day(at: date | None) -> str:
    """The day alone; of a moment, that on which it falls where the reader is."""
    if at is None:
        return "–"
    return date_format(timezone.localtime(at) if isinstance(at, datetime) else at, "DATE_FORMAT")


@register.filter
def machine_time(at: datetime | None) -> str:
    """ISO 8601 in UTC, for `<time datetime>`."""
    return "" if at is None else at.astimezone(UTC).isoformat(timespec="seconds")
