"""When items were said: what their import told (`meta.time`), else when they came in."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from django.db.models.fields.json import KeyTextTransform
from django.utils.dateparse import parse_date, parse_datetime

from tasks_app.models import Item, Project
from training.analysis.nearest import Ints


def times_of(project: Project, ids: Sequence[str]) -> Ints:
    """(N,) seconds since 1970, of the items with these ids; one that is gone by now has the latest of all."""
    found = Item.objects.filter(project=project).annotate(told=KeyTextTransform("time", "meta"))
    rows = found.values_list("pk", "told", "created_at").iterator(chunk_size=5_000)
    times = {str(pk): int((read_time(told) or created).timestamp()) for pk, told, created in rows}
    latest = max(times.values(), default=0)
    return np.array([times.get(one, latest) for one in ids], dtype=np.int64)


def read_time(told: str | None) -> datetime | None:
    """ISO 8601, a date or a date with a time (UTC where it names no zone); None for anything else."""
    if not told:
        return None
    try:
        found = parse_datetime(told)
        if found is None and (day := parse_date(told)):
            found = datetime(day.year, day.month, day.day, tzinfo=UTC)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found
