"""Counts by topic and quarter of an hour: the only thing that pages and alerts read of the stream."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection
from django.db.models import F, Q

from applications.finance_monitor.models import Count, Monitor, NewsText
from applications.finance_monitor.watching import Series

LATE = timedelta(days=7)  # a text that is later than this is counted, but raises nothing any more
NEGATIVE = "negative"
_STEP = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
_ADD = """
INSERT INTO finance_monitor_count AS c (monitor_id, topic, start, total, negative)
VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (monitor_id, topic, start) DO UPDATE
SET total = c.total + EXCLUDED.total, negative = c.negative + EXCLUDED.negative
"""
_SUM = """
SELECT topic, date_trunc(%s, start AT TIME ZONE %s) AS bin, sum(total), sum(negative)
FROM finance_monitor_count WHERE monitor_id = %s AND start >= %s AND start < %s
GROUP BY topic, bin ORDER BY topic, bin
"""


def quarter_of(at: datetime) -> datetime:
    at = at.astimezone(UTC)
    return at.replace(minute=at.minute - at.minute % 15, second=0, microsecond=0)


def add_texts(monitor: Monitor, texts: Iterable[NewsText], now: datetime) -> None:
    """Count texts that were read, in the caller's transaction, and have the bins they are late for looked at
    again."""
    totals: Counter[tuple[str, datetime]] = Counter()
    negatives: Counter[tuple[str, datetime]] = Counter()
    for text in texts:
        for topic in text.topics:
            key = (topic, quarter_of(text.at))
            totals[key] += 1
            negatives[key] += text.sentiment == NEGATIVE
    # In one order for everybody, so that two workers never wait for each other.
    rows = [(monitor.pk, *key, totals[key], negatives[key]) for key in sorted(totals)]
    if not rows:
        return
    # Nobody looks at bins meanwhile: who did so before saw none of these counts, who does so after sees them.
    Monitor.objects.select_for_update(no_key=True).get(pk=monitor.pk)
    with connection.cursor() as cursor:
        cursor.executemany(_ADD, rows)
    recent = [start for _topic, start in totals if start >= now - LATE]
    if recent:
        behind = Q(pk=monitor.pk, closed_until__gt=min(recent))
        Monitor.objects.filter(behind).update(closed_until=min(recent))


def take_out(text: NewsText) -> None:
    """Of a text that was counted and is erased."""
    for topic in sorted(text.topics):
        Count.objects.filter(monitor=text.monitor_id, topic=topic, start=quarter_of(text.at)).update(
            total=F("total") - 1, negative=F("negative") - int(text.sentiment == NEGATIVE)
        )


def series_of(
    monitor_id: UUID, *, bin: str, time_zone: str, since: datetime, until: datetime
) -> dict[str, Series]:
    """Each topic's bins from its first text on that have ended by `until`, without gaps; starts are local."""
    zone = ZoneInfo(time_zone)
    end = floor(until.astimezone(zone).replace(tzinfo=None), bin)
    # No later than the bin in which `since` lies has begun, or it would be half a bin.
    first = floor(since.astimezone(zone).replace(tzinfo=None), bin)
    with connection.cursor() as cursor:
        begin, stop = (local.replace(tzinfo=zone).astimezone(UTC) for local in (first, end))
        cursor.execute(_SUM, [bin, time_zone, monitor_id, begin, stop])
        rows = cursor.fetchall()
    by_topic: dict[str, dict[datetime, tuple[int, int]]] = {}
    for topic, start, total, negative in rows:
        by_topic.setdefault(topic, {})[start] = (int(total), int(negative))
    return {topic: _series(found, end, bin, zone) for topic, found in by_topic.items()}


def floor(local: datetime, bin: str) -> datetime:
    local = local.replace(minute=0, second=0, microsecond=0)
    return local.replace(hour=0) if bin == "day" else local


def _series(found: dict[datetime, tuple[int, int]], end: datetime, bin: str, zone: ZoneInfo) -> Series:
    """In local time the hour that a clock change repeats is one bin of two hours; a skipped one is empty."""
    starts, step = [], _STEP[bin]
    start = min(found)
    while start < end:
        starts.append(start)
        start += step
    counts = np.array([found.get(one, (0, 0)) for one in starts], dtype=np.int64).reshape(-1, 2)
    days = np.array([one.toordinal() for one in starts], dtype=np.int64)
    return Series([one.replace(tzinfo=zone) for one in starts], days, counts[:, 0], counts[:, 1], bin)


def end_of(start: datetime, bin: str) -> datetime:
    """Of the local bin that begins then, in UTC."""
    zone = start.tzinfo
    return (start.replace(tzinfo=None) + _STEP[bin]).replace(tzinfo=zone).astimezone(UTC)
