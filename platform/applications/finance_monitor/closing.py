"""Looking at bins once they have ended, and raising alerts: each once, whoever looks and however often."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models import Count as Number
from django.db.models import Q
from django.utils import timezone

from applications.finance_monitor import counting, rate, telling
from applications.finance_monitor.models import Alert, Monitor, Watched
from applications.finance_monitor.watching import GAP, Flags, Looked, Series, look

GRACE = timedelta(minutes=5)  # texts are a little late; later ones have their bin looked at again


@transaction.atomic
def close_bins(monitor_id: UUID, *, now: datetime | None = None) -> list[Alert]:
    """Look at every bin that has ended since the last time; returns the alerts that are new.

    The monitor's row is locked, so two workers look one after the other, and the second finds nothing to do;
    should one look again all the same, an alert of a bin is unique.
    """
    monitor = (
        Monitor.objects.select_for_update(no_key=True, of=("self",))
        .select_related("project")
        .get(pk=monitor_id)
    )
    until = (now or timezone.now()) - GRACE
    since = monitor.closed_until or until - counting.LATE
    found: list[Alert] = []
    looked_until = since
    for topic, series in _series(monitor, since, until).items():
        found += _look_at(monitor, topic, series, since)
        looked_until = max(looked_until, counting.end_of(series.starts[-1], monitor.bin))
    Monitor.objects.filter(pk=monitor.pk).update(closed_until=looked_until)
    for alert in found:
        telling.tell(alert)
    return found


def _series(monitor: Monitor, since: datetime, until: datetime) -> dict[str, Series]:
    reach = since - timedelta(days=monitor.memory_days + 2)
    found = counting.series_of(
        monitor.pk, bin=monitor.bin, time_zone=monitor.time_zone, since=reach, until=until
    )
    return {topic: one for topic, one in found.items() if one.starts}


def _look_at(monitor: Monitor, topic: str, series: Series, since: datetime) -> list[Alert]:
    ends = [counting.end_of(start, monitor.bin) for start in series.starts]
    first = next((place for place, end in enumerate(ends) if end > since), len(ends))
    if first == len(ends):
        return []
    level = level_now(monitor, topic)
    looked = look(
        series, season=monitor.season, level=level, memory_days=monitor.memory_days,
        leave_out=unusual(monitor, topic, series), since=first,
    )  # fmt: skip
    _note_looks(monitor, topic, ends, looked, first)
    places = [place for place in np.flatnonzero(looked.alarms(level)).tolist() if place >= first]
    return [alert for place in places if (alert := _raise(monitor, topic, series, looked, place, level))]


def level_now(monitor: Monitor, topic: str) -> float:
    """The chance below which a bin of the topic raises an alert, after what people said of earlier ones."""
    return rate.level_of(
        calm_days=monitor.calm_days, bin=monitor.bin, multiplier=multiplier_now(monitor, topic)
    )


def multiplier_now(monitor: Monitor, topic: str) -> float:
    alerts = Alert.objects.filter(monitor=monitor, topic=topic).aggregate(
        false=Number("pk", filter=Q(judged_true=False)),
        unjudged=Number("pk", filter=Q(judged_true=None)),
    )
    watched = Watched.objects.filter(monitor=monitor, topic=topic).first()
    return rate.multiplier_of(allowed=watched.allowed if watched else 0.0, **alerts)


def unusual(monitor: Monitor, topic: str, series: Series) -> Flags:
    """(N,) bins within alerts that people called true: they do not count as usual."""
    flags = np.zeros(len(series.starts), dtype=bool)
    starts = np.array([start.astimezone(UTC).timestamp() for start in series.starts])
    true = Alert.objects.filter(monitor=monitor, topic=topic, judged_true=True)
    for alert in true:
        flags |= (starts >= alert.begins.timestamp()) & (starts < alert.end.timestamp())
    return flags


def _note_looks(monitor: Monitor, topic: str, ends: list[datetime], looked: Looked, first: int) -> None:
    """A bin that is looked at again, for a late text, is one look all the same."""
    watched, _new = Watched.objects.get_or_create(monitor=monitor, topic=topic)
    known = ~np.isnan(looked.chance)
    looks = sum(
        bool(known[place]) and (watched.until is None or ends[place] > watched.until)
        for place in range(first, len(ends))
    )
    allowed = rate.allowed_in(calm_days=monitor.calm_days, bin=monitor.bin, looks=looks)
    watched.until = max(ends[-1], watched.until or ends[-1])
    # By the strictness in force, which is a multiplier-th of the wish.
    watched.allowed += allowed / multiplier_now(monitor, topic)
    watched.save()


def _raise(
    monitor: Monitor, topic: str, series: Series, looked: Looked, place: int, level: float
) -> Alert | None:
    """The alert of an alarming bin, if it is a new one; one that has just ended goes on instead."""
    start, evidence = series.starts[place].astimezone(UTC), looked.evidence
    end = counting.end_of(series.starts[place], monitor.bin)
    reach = GAP * (end - start)
    going_on = Alert.objects.filter(
        monitor=monitor, topic=topic, start__lte=start, end__gte=start - reach
    ).order_by("-start").first()  # fmt: skip
    if going_on is not None:
        if end > going_on.end:
            Alert.objects.filter(pk=going_on.pk).update(end=end)
        return None
    alert, new = Alert.objects.get_or_create(
        monitor=monitor,
        topic=topic,
        start=start,
        defaults={
            "end": end,
            "since": series.starts[int(evidence.first[place])].astimezone(UTC),
            "total": int(evidence.total[place]),
            "negative": int(evidence.negative[place]),
            "expected": float(evidence.expected[place]),
            "high": float(evidence.high[place]),
            "chance": float(looked.chance[place]),
            "level": level,
        },
    )
    return alert if new else None


def due_monitors(now: datetime | None = None) -> list[UUID]:
    """Those with a bin that may have ended since the last look."""
    before = (now or timezone.now()) - GRACE
    hourly = Q(bin=Monitor.Bin.HOUR, closed_until__lte=before - timedelta(hours=1))
    daily = Q(bin=Monitor.Bin.DAY, closed_until__lte=before - timedelta(hours=23))
    never = Q(closed_until=None, counts__isnull=False)
    return list(
        Monitor.objects.filter(hourly | daily | never).order_by().values_list("pk", flat=True).distinct()
    )
