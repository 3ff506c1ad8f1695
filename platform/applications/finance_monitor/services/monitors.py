"""What a monitor looks at and how strictly; and what people say of its alerts."""

from typing import Any
from zoneinfo import available_timezones

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from applications.finance_monitor.models import Alert, Monitor
from common import audit
from common.errors import Invalid, Problem

CALM_DAYS, MEMORY_DAYS = (1, 3650), (14, 366)
SETTINGS = ("bin", "season", "time_zone", "calm_days", "memory_days", "by_mail")
_DAILY = {Monitor.Season.NONE, Monitor.Season.DAY_OF_WEEK}


def check_settings(chosen: dict[str, Any]) -> None:
    """Raises Invalid with every problem; `chosen` has all SETTINGS but perhaps `by_mail`."""
    problems = []
    if chosen["time_zone"] not in available_timezones():
        problems.append(Problem("/time_zone", "unknown", _("There is no such time zone.")))
    if chosen["bin"] == Monitor.Bin.DAY and chosen["season"] not in _DAILY:
        detail = _("Days have no hours: choose the day of the week, or no season.")
        problems.append(Problem("/season", "bin", detail))
    for name, (least, most) in {"calm_days": CALM_DAYS, "memory_days": MEMORY_DAYS}.items():
        if not least <= chosen[name] <= most:
            detail = _("Give a number from %(least)d to %(most)d.") % {"least": least, "most": most}
            problems.append(Problem(f"/{name}", "range", detail))
    if problems:
        raise Invalid(_("These settings do not go together."), problems=problems)


@transaction.atomic
def set_settings(*, monitor: Monitor, actor: User, **changes: Any) -> Monitor:
    """Change some of the settings; from the next bin on they count. Alerts that were raised stay."""
    # Bins that end meanwhile are looked at with the old settings or with the new ones, not with a mixture.
    monitor = Monitor.objects.select_for_update(no_key=True).get(pk=monitor.pk)
    chosen = {name: changes.get(name, getattr(monitor, name)) for name in SETTINGS}
    check_settings(chosen)
    for name, value in chosen.items():
        setattr(monitor, name, value)
    monitor.save(update_fields=list(SETTINGS))
    audit.record(
        "finance_monitor.set", monitor, actor=actor.pk, bin=chosen["bin"], season=chosen["season"],
        calm_days=chosen["calm_days"], memory_days=chosen["memory_days"],
    )  # fmt: skip
    return monitor


@transaction.atomic
def judge_alert(*, alert: Alert, true: bool, actor: User) -> Alert:
    """Say whether an alert was right; said again, the last word counts.

    Bins of a true one are no part of what is usual; false ones make later alerts rarer (rate.py).
    """
    row = Alert.objects.select_for_update().get(pk=alert.pk)
    if row.judged_true != true:
        row.judged_true, row.judged_at, row.judged_by = true, timezone.now(), actor
        row.save(update_fields=["judged_true", "judged_at", "judged_by"])
        audit.record("finance_monitor.judged", row, actor=actor.pk, true=true)
    return row
