"""What a rule's condition may say, by the rule's kind. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.utils.translation import gettext as _

from common.errors import Invalid, Problem
from training.engine.stability import LARGE

Condition = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number, or any when `whole` is not set, within its range; `usual` None means that it is off."""

    low: float
    high: float
    usual: float | None
    whole: bool = True
    optional: bool = False

    def problem(self, value: object) -> str:
        if value is None and self.optional:
            return ""
        kinds = (int,) if self.whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not self.low <= value <= self.high:
            return _("A number between %(low)s and %(high)s.") % {
                "low": f"{self.low:g}", "high": f"{self.high:g}"
            }  # fmt: skip
        return ""


CONDITIONS: dict[str, dict[str, Number]] = {
    "approvals": {"every": Number(1, 10_000_000, 500)},
    "schedule": {"every_days": Number(1, 366, 7), "hour": Number(0, 23, 3)},
    "satisfaction": {
        "below": Number(0, 1, None, whole=False, optional=True),
        "fallen_by": Number(0.01, 1, None, whole=False, optional=True),
        "window_days": Number(1, 365, 14),
        "least_voices": Number(1, 1_000_000, 20),
    },
    "drift": {"index": Number(0.01, 10, LARGE, whole=False), "least_items": Number(20, 1000, 200)},
}


def checked_condition(kind: str, raw: object) -> Condition:
    """The whole condition with its defaults. Raises Invalid with pointers such as "/condition/every"."""
    known = CONDITIONS.get(kind)
    if known is None:
        raise _invalid([Problem("/kind", "choice", _("One of %s.") % ", ".join(CONDITIONS))])
    if not isinstance(raw, Mapping):
        raise _invalid([Problem("/condition", "type", _("Expected an object."))])
    names = [*known, *(["timezone"] if kind == "schedule" else [])]
    problems = [
        Problem(f"/condition/{name}", "unknown_setting", _("No such setting. Known: %s.") % ", ".join(names))
        for name in raw
        if name not in names
    ]
    whole = {name: raw.get(name, number.usual) for name, number in known.items()}
    problems += [
        Problem(f"/condition/{name}", "range", said)
        for name, number in known.items()
        if (said := number.problem(whole[name]))
    ]
    if kind == "schedule":
        whole["timezone"] = raw.get("timezone", "UTC")
        if whole["timezone"] not in available_timezones():
            problems.append(Problem("/condition/timezone", "timezone", _("No such time zone.")))
    if kind == "satisfaction" and whole["below"] is None and whole["fallen_by"] is None:
        detail = _("Say below which share, or by how much fallen, or both.")
        problems.append(Problem("/condition/below", "required", detail))
    if problems:
        raise _invalid(problems)
    return whole


def _invalid(problems: list[Problem]) -> Invalid:
    return Invalid(_("This rule cannot be kept."), problems=problems)


def next_time(condition: Condition, after: datetime) -> datetime:
    """The first full `hour`, in the rule's time zone, that is `every_days` days after the day of `after`;
    for a daily rule today's, if it is still to come. An hour that summer time leaves out is an hour later."""
    zone = ZoneInfo(condition["timezone"])
    today = after.astimezone(zone).date()
    days = condition["every_days"]
    at = datetime.combine(today, time(condition["hour"]), zone)
    if days > 1 or at <= after:
        at = datetime.combine(today + timedelta(days=days), time(condition["hour"]), zone)
    return at.astimezone(UTC)
