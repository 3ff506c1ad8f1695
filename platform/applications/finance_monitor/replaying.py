"""What a monitor would have raised in the past with other settings, before they are saved."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.utils import timezone

from applications.finance_monitor import closing, counting, rate
from applications.finance_monitor.models import Alert, Monitor
from applications.finance_monitor.watching import Looked, Series, episodes, look

MOST_DAYS = 90


@dataclass(frozen=True, slots=True)
class Settings:
    """As a monitor has them."""

    bin: str
    season: str
    time_zone: str
    calm_days: int
    memory_days: int


@dataclass(frozen=True, slots=True)
class WouldRaise:
    """judged: what a person said of an alert that was raised within it; None where there is none."""

    topic: str
    start: datetime
    end: datetime
    total: int
    negative: int
    expected: float
    chance: float
    judged: bool | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A topic's bins within the days asked for, from the place `first` on, and how they looked."""

    series: Series
    looked: Looked
    first: int
    level: float


@dataclass(frozen=True, slots=True)
class Replay:
    """alerts: newest first. missed: alerts that people called true and that these settings would not raise.
    looks: bins looked at, over all topics. allowed: false alarms that they may raise by the settings."""

    alerts: list[WouldRaise]
    missed: int
    looks: int
    allowed: float


def settings_of(monitor: Monitor, changes: dict[str, Any] | None = None) -> Settings:
    changes = changes or {}
    names = ("bin", "season", "time_zone", "calm_days", "memory_days")
    return Settings(**{name: changes.get(name, getattr(monitor, name)) for name in names})


def see(monitor: Monitor, settings: Settings, *, days: int, topic: str = "") -> dict[str, Seen]:
    """Each topic's last `days` days by these settings, with what people have said so far."""
    now = timezone.now()
    since = now - timedelta(days=days)
    found = counting.series_of(
        monitor.pk, bin=settings.bin, time_zone=settings.time_zone, until=now,
        since=since - timedelta(days=settings.memory_days + 1),
    )  # fmt: skip
    return {
        name: _see(monitor, name, series, settings, since)
        for name, series in found.items()
        if topic in ("", name) and series.starts
    }


def _see(monitor: Monitor, topic: str, series: Series, settings: Settings, since: datetime) -> Seen:
    first = next((n for n, start in enumerate(series.starts) if start >= since), len(series.starts))
    multiplier = closing.multiplier_now(monitor, topic)
    level = rate.level_of(calm_days=settings.calm_days, bin=settings.bin, multiplier=multiplier)
    looked = look(
        series, season=settings.season, level=level, memory_days=settings.memory_days,
        leave_out=closing.unusual(monitor, topic, series), since=first,
    )  # fmt: skip
    return Seen(series, looked, first, level)


def replay(monitor: Monitor, settings: Settings, *, days: int) -> Replay:
    """What the last `days` days would have raised; saves nothing."""
    alerts: list[WouldRaise] = []
    looks = missed = 0
    for topic, seen in see(monitor, settings, days=days).items():
        judged = list(Alert.objects.filter(monitor=monitor, topic=topic, judged_true__isnull=False))
        raised = _raised(topic, seen, judged)
        looks += int((~np.isnan(seen.looked.chance[seen.first :])).sum())
        since = seen.series.starts[seen.first] if seen.first < len(seen.series.starts) else None
        missed += sum(
            one.judged_true is True and since is not None and one.start >= since
            and not any(_meet(one, again) for again in raised)
            for one in judged
        )  # fmt: skip
        alerts += raised
    alerts.sort(key=lambda one: one.start, reverse=True)
    allowed = rate.allowed_in(calm_days=settings.calm_days, bin=settings.bin, looks=looks)
    return Replay(alerts, missed, looks, allowed)


def _raised(topic: str, seen: Seen, judged: list[Alert]) -> list[WouldRaise]:
    alarms = seen.looked.alarms(seen.level)
    alarms[: seen.first] = False
    found = []
    for episode in episodes(alarms, seen.looked.chance):
        start = seen.series.starts[episode.first]
        end = counting.end_of(seen.series.starts[episode.last], seen.series.bin)
        evidence, peak = seen.looked.evidence, episode.peak
        one = WouldRaise(
            topic, start, end, int(evidence.total[peak]), int(evidence.negative[peak]),
            float(evidence.expected[peak]), float(seen.looked.chance[peak]), None,
        )  # fmt: skip
        said = next((alert.judged_true for alert in judged if _meet(alert, one)), None)
        found.append(replace(one, judged=said))
    return found


def _meet(alert: Alert, one: WouldRaise) -> bool:
    return alert.start < one.end and one.start < alert.end
