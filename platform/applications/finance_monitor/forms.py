from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from applications.finance_monitor.models import Monitor, Source
from applications.finance_monitor.replaying import MOST_DAYS
from applications.finance_monitor.services.monitors import CALM_DAYS, MEMORY_DAYS

BINS = [(Monitor.Bin.HOUR, _("Hour")), (Monitor.Bin.DAY, _("Day"))]
SEASONS = [
    (Monitor.Season.NONE, _("none")),
    (Monitor.Season.HOUR_OF_DAY, _("hour of the day")),
    (Monitor.Season.DAY_OF_WEEK, _("day of the week")),
    (Monitor.Season.HOUR_OF_WEEK, _("hour of the week")),
]


class _Looks(forms.Form):
    bin = forms.ChoiceField(label=_("Counted by"), choices=BINS)
    season = forms.ChoiceField(
        label=_("Season"), choices=SEASONS, help_text=_("What the usual share may differ by.")
    )
    time_zone = forms.CharField(
        label=_("Time zone"), max_length=60, help_text=_("Such as UTC or Asia/Shanghai.")
    )
    calm_days = forms.IntegerField(
        label=_("Days per false alarm"), min_value=CALM_DAYS[0], max_value=CALM_DAYS[1],
        help_text=_("Each topic may raise at most one false alarm in so many days."),
    )  # fmt: skip
    memory_days = forms.IntegerField(
        label=_("Days to learn from"), min_value=MEMORY_DAYS[0], max_value=MEMORY_DAYS[1]
    )


class SettingsForm(_Looks):
    by_mail = forms.BooleanField(label=_("Alerts by e-mail too"), required=False)


class ReplayForm(_Looks):
    days = forms.IntegerField(label=_("Days to replay"), min_value=1, max_value=MOST_DAYS, initial=60)


class SourceForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[(Source.Kind.FEED, _("feed (RSS, Atom)")), (Source.Kind.FOLDER, _("folder"))],
    )
    url = forms.CharField(label=_("URL or path"), max_length=500)
    minutes = forms.IntegerField(label=_("Minutes between looks"), min_value=1, max_value=1440, initial=15)


class WebhookForm(forms.Form):
    url = forms.CharField(label=_("URL"), max_length=500)


def initial_of(monitor: Monitor) -> dict[str, Any]:
    return {name: getattr(monitor, name) for name in SettingsForm.base_fields}
