"""How the interval of an estimate looks: "(12 s to 20 s)", or nothing where nothing is uncertain."""

from collections.abc import Callable

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from common.templatetags.show import duration, money
from tasks_app.designer.estimating import Interval

register = template.Library()


def _between(interval: Interval, show: Callable[[float], str]) -> str:
    low, high = show(interval.low), show(interval.high)
    return "" if low == high else _("(%(low)s to %(high)s)") % {"low": low, "high": high}


@register.filter
def interval_time(interval: Interval) -> str:
    return _between(interval, duration)


@register.filter
def interval_money(interval: Interval, currency: str) -> str:
    return _between(interval, lambda minor: money(round(minor), currency))


@register.filter
def interval_count(interval: Interval) -> str:
    value = number_format(round(interval.value), use_l10n=True, force_grouping=True)
    return f"{value} {_between(interval, lambda one: number_format(round(one), force_grouping=True))}".strip()
