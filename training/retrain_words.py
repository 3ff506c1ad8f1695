"""What a rule wants, why it did not fire, and what it has used of its budget, in the reader's language."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from training.models import RetrainRule
from training.retraining import Spent

Figures = Mapping[str, Any]
TONES = {
    "waiting": "", "at_work": "live", "cooling": "warn", "over_budget": "warn", "refused": "bad",
    "fired": "good", "": "live", "failed": "bad", "candidate": "", "promoted": "good",
}  # fmt: skip


def kind_name(kind: str) -> str:
    return {
        "approvals": _("New approvals"), "schedule": _("Schedule"), "satisfaction": _("Satisfaction"),
        "drift": _("Drift"),
    }[kind]  # fmt: skip


def condition_words(rule: RetrainRule) -> str:
    """Such as "every 500 approvals"."""
    words: dict[str, Callable[[Figures], str]] = {
        "approvals": _approvals, "schedule": _schedule, "satisfaction": _satisfaction, "drift": _drift,
    }  # fmt: skip
    return words[rule.kind](rule.condition)


def _approvals(condition: Figures) -> str:
    number = int(condition["every"])
    return ngettext("every %d new approval", "every %d new approvals", number) % number


def _schedule(condition: Figures) -> str:
    days = condition["every_days"]
    when = ngettext("every %(days)d day", "every %(days)d days", days) % {"days": days}
    return _("%(when)s at %(hour)02d:00 (%(zone)s)") % {
        "when": when, "hour": condition["hour"], "zone": condition["timezone"]
    }  # fmt: skip


def _satisfaction(condition: Figures) -> str:
    parts = []
    if condition["below"] is not None:
        parts.append(_("fewer than %s content") % _percent(condition["below"]))
    if condition["fallen_by"] is not None:
        parts.append(_("fallen by %s or more") % _percent(condition["fallen_by"]))
    about = _("over %(days)d days, at least %(voices)d voices") % {
        "days": condition["window_days"], "voices": condition["least_voices"]
    }  # fmt: skip
    return f"{_(' or ').join(parts)}, {about}"


def _drift(condition: Figures) -> str:
    return _("stability index from %(index).2f, at least %(items)d items") % {
        "index": condition["index"], "items": condition["least_items"]
    }  # fmt: skip


def verdict_name(verdict: str) -> str:
    names = {
        "": _("not looked yet"), "waiting": _("waiting"), "at_work": _("a run is at work"),
        "cooling": _("cooling down"), "over_budget": _("out of budget"), "refused": _("could not start"),
        "fired": _("fired"),
    }  # fmt: skip
    return names.get(verdict, verdict)


def look_words(kind: str, look: Figures) -> str:
    """Why it fired or did not, with the figures that it saw."""
    if not look:
        return _("Nobody has looked yet; beat does so every minute.")
    seen = figures_words(kind, look)
    more = {
        "at_work": _("a run of this field is at work"),
        "cooling": _("cooling down until %s") % _moment(look.get("until")),
        "over_budget": _("this month’s budget is used up"),
        "refused": look.get("said", ""),
        "fired": _("started run %d") % look.get("run", 0),
    }.get(look["verdict"])
    return f"{seen} · {more}" if more else seen


def figures_words(kind: str, figures: Figures) -> str:
    if missing := figures.get("missing"):
        return {
            "production": _("nothing is in production yet"),
            "reading": _("drift has not been read yet"),
        }[missing]
    words: dict[str, Callable[[Figures], str]] = {
        "approvals": _approvals_seen, "schedule": _schedule_seen, "satisfaction": _satisfaction_seen,
        "drift": _drift_seen,
    }  # fmt: skip
    return words[kind](figures)


def _approvals_seen(figures: Figures) -> str:
    return _("%(new)d of %(every)d approvals") % {"new": figures["new"], "every": figures["every"]}


def _schedule_seen(figures: Figures) -> str:
    return _("due %s") % _moment(figures["next_at"])


def _satisfaction_seen(figures: Figures) -> str:
    if figures["voices"] < figures["least_voices"]:
        return _("%(voices)d of %(least)d voices") % {
            "voices": figures["voices"], "least": figures["least_voices"]
        }  # fmt: skip
    said = _("%(share)s of %(voices)d content") % {
        "share": _percent(figures["share"]), "voices": figures["voices"]
    }  # fmt: skip
    if figures["voices_before"] < figures["least_voices"]:
        return said
    return said + ", " + _("before that %s") % _percent(figures["before"])


def _drift_seen(figures: Figures) -> str:
    labels = "–" if figures["labels"] is None else f"{figures['labels']:.2f}"
    return _("index %(embedding).2f over texts, %(labels)s over labels, of %(items)d items (%(day)s)") % {
        "embedding": figures["embedding"], "labels": labels, "items": figures["items"],
        "day": figures["day"],
    }  # fmt: skip


def budget_words(rule: RetrainRule, used: Spent) -> str:
    """Such as "3 of 5 runs / 40 of 60 minutes this month"."""
    if rule.budget_runs is None and rule.budget_minutes is None:
        runs = ngettext("%d run this month", "%d runs this month", used.runs) % used.runs
        return _("%s, no limit") % runs
    parts = []
    if rule.budget_runs is not None:
        parts.append(_("%(used)d of %(most)d runs") % {"used": used.runs, "most": rule.budget_runs})
    if rule.budget_minutes is not None:
        parts.append(
            _("%(used)d of %(most)d minutes") % {"used": round(used.minutes), "most": rule.budget_minutes}
        )
    return _("%s this month") % " / ".join(parts)


def outcome_name(outcome: str) -> str:
    return {
        "": _("at work"), "failed": _("run failed"), "candidate": _("candidate"),
        "promoted": _("in production"), "refused": _("refused by the gate"),
    }[outcome]  # fmt: skip


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _moment(iso: str | None) -> str:
    if iso is None:
        return ""
    at = timezone.localtime(datetime.fromisoformat(iso))
    return f"{date_format(at, 'Y-m-d H:i')} {at:%Z}"
