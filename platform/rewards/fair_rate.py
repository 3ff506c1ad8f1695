"""What an hour of a project's work earned: the stored measurement, and the floor that it is held against.

The measuring itself needs the answers and stands above this app (annotations/fair_rate.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from common.currencies import to_minor
from rewards.models import FairRate

# Fewer people say little about a project.
_ENOUGH_PEOPLE = 3
# A longer silence counts as this much work: reading gives no sign of life, and a coffee break neither.
IDLE_SECONDS = 120
# Two signs within this time: the person was surely at it between them. The workbench gives one every 20 s.
SURE_SECONDS = 45


@dataclass(frozen=True)
class Rate:
    """Minor units an hour: what half of the people reach, and a quarter; None before enough are measured."""

    currency: str
    median_minor: int | None
    upper_minor: int | None
    median_seconds: float | None
    people: int
    below_floor: int
    floor_minor: int | None

    @property
    def is_low(self) -> bool:
        return None not in (self.median_minor, self.floor_minor) and self.median_minor < self.floor_minor  # type: ignore[operator]


def enough_people() -> int:
    """Fewer say little about a project, and too much about one of them."""
    return max(_ENOUGH_PEOPLE, int(settings.K_ANONYMITY))


def site_floor(currency: str) -> int | None:
    """What an hour should earn at least on this site, in minor units."""
    floor = settings.FAIR_RATE_FLOORS.get(currency)
    return None if floor is None else to_minor(floor, currency)


def floor_of(row: FairRate | None, currency: str) -> int | None:
    """A project may promise more than the site asks for, never less."""
    floors = site_floor(currency), row.own_floor_minor if row else None
    return max((floor for floor in floors if floor is not None), default=None)


def rates_of(projects: Mapping[UUID, str]) -> dict[UUID, Rate]:
    """Project -> its rate, given each project's currency: one query."""
    rows = FairRate.objects.in_bulk(list(projects))
    return {project: _rate(rows.get(project), currency) for project, currency in projects.items()}


def rate_of(project_id: UUID, currency: str) -> Rate:
    return rates_of({project_id: currency})[project_id]


def _rate(row: FairRate | None, currency: str) -> Rate:
    floor = floor_of(row, currency)
    if row is None or row.people < enough_people():
        return Rate(currency, None, None, None, row.people if row else 0, 0, floor)
    return Rate(
        currency, row.median_minor, row.upper_minor, row.median_seconds, row.people, row.below_floor, floor
    )


@transaction.atomic
def set_floor(*, project_id: UUID, currency: str, floor_minor: int | None) -> None:
    """The project's own floor; None leaves the site's."""
    FairRate.objects.get_or_create(project=project_id, defaults={"currency": currency})
    FairRate.objects.filter(project=project_id).update(own_floor_minor=floor_minor)


# A sign in no need of a query before it: it counts for a lease of one's own only.
_SIGN = """
INSERT INTO rewards_activity AS known (assignment, sure_seconds, trimmed_seconds, first_at, last_at)
VALUES (%(id)s, 0, 0, clock_timestamp(), clock_timestamp())
ON CONFLICT (assignment) DO UPDATE SET
    trimmed_seconds = known.trimmed_seconds
        + least(%(idle)s, extract(epoch FROM clock_timestamp() - known.last_at)),
    sure_seconds = known.sure_seconds + CASE
        WHEN clock_timestamp() - known.last_at <= make_interval(secs => %(sure)s)
        THEN extract(epoch FROM clock_timestamp() - known.last_at) ELSE 0 END,
    last_at = clock_timestamp()
"""


def record_sign_of_life(assignment_id: UUID) -> None:
    """Somebody is at work on this assignment right now. The caller knows that it is theirs, and leased."""
    values: dict[str, Any] = {"id": assignment_id, "idle": IDLE_SECONDS, "sure": SURE_SECONDS}
    with connection.cursor() as cursor:
        cursor.execute(_SIGN, values)
