from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _

from common.progress import seconds_left
from common.templatetags.show import duration

register = template.Library()
PATIENCE = timedelta(seconds=60)


@register.simple_tag
def time_left(since: datetime | str | None, value: float | str | None, most: float | str | None) -> str:
    """In words; nothing while too little is done to tell. A bar that is not told since when gives ""."""
    whole = float(most or 100)
    if not isinstance(since, datetime) or not value or whole <= 0:
        return ""
    left = seconds_left(since, float(value) / whole)
    return "" if left is None else _("about %s left") % duration(left)


@register.filter
def waits_long(queued_at: datetime | str | None) -> bool:
    """Whether what was queued then should have been taken up by now."""
    return isinstance(queued_at, datetime) and timezone.now() - queued_at > PATIENCE
