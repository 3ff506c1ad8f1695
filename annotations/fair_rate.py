"""The fair-rate meter: how long people really worked, and what an hour of it earned.

Active time is measured by the server, from moments that it saw itself (docs/decisions/0071):

- It starts when the lease was taken, or at the person's answer before, whichever is later: the next item is
  fetched while the last one is still being worked on, and nobody works on two at a time.
- It ends when the answer arrives. Between, the workbench gives signs of life; a silence counts as
  IDLE_SECONDS at most, so that a break does not, and reading does.
- The browser's own count (`seconds`) can only move the result between two of the server's figures: down to
  the time for which signs came close after one another, up to the time with idle trimmed.

The concern is that of Hara et al., "A Data-Driven Analysis of Workers' Earnings on Amazon Mechanical Turk"
(CHI 2018): plain accept-to-submit times count overlapping leases twice, and breaks as work.

Totals are kept for each person and day. A day that something happened to is worked out anew as a whole, so
that nothing is ever added twice; no page adds up answers.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from accounts.services.notifications import notify
from common.counts import kept_when_costly
from common.rounds import each
from rewards import fair_rate
from rewards.models import Activity, FairRate
from tasks_app.models import Project

# Answers by one person before the person's hour says something.
_ENOUGH_ANSWERS = 3
# An answer is stored a moment after it was stamped; what is younger is looked at again next time.
_LATE = timedelta(minutes=2)
_DECISIONS_EVERY = timedelta(hours=1)
_ALARM_AGAIN = timedelta(days=7)
_KEEP_SIGNS = timedelta(days=40)

_DAYS = """
SELECT DISTINCT (created_at AT TIME ZONE 'UTC')::date FROM annotations_answer
WHERE project_id = %(project)s AND source = 'crowd' AND (created_at >= %(since)s OR decided_at >= %(decided)s)
"""
_MEASURE = """
WITH answered AS (
    SELECT a.worker_id, a.state, a.seconds AS told, a.created_at AS ended, s.reward_minor, s.id AS assignment,
           a.partial_minor,
           greatest(s.created_at, (
               SELECT p.created_at FROM annotations_answer p
               WHERE p.worker_id = a.worker_id AND p.created_at < a.created_at
               ORDER BY p.created_at DESC LIMIT 1)) AS started
    FROM annotations_answer a JOIN tasks_app_assignment s ON s.id = a.assignment_id
    WHERE a.project_id = %(project)s AND a.created_at >= %(start)s AND a.created_at < %(end)s
), heard AS (
    SELECT answered.*, greatest(0, extract(epoch FROM ended - started)) AS span,
           least(coalesce(sure_seconds, 0), greatest(0, extract(epoch FROM ended - started))) AS sure,
           CASE WHEN act.assignment IS NULL THEN %(idle)s ELSE trimmed_seconds
                + least(%(idle)s, greatest(0, extract(epoch FROM first_at - started)))
                + least(%(idle)s, greatest(0, extract(epoch FROM ended - last_at))) END AS trimmed
    FROM answered LEFT JOIN rewards_activity act ON act.assignment = answered.assignment
), active AS (
    SELECT worker_id, CASE WHEN state = 'rejected' THEN partial_minor ELSE reward_minor END AS earned,
           CASE WHEN told > 0 THEN least(trimmed, span, greatest(told, sure)) ELSE least(trimmed, span) END
           AS seconds
    FROM heard
)
INSERT INTO rewards_workedday (project, worker, day, answers, seconds, earned_minor)
SELECT %(project)s, worker_id, %(day)s, count(*), sum(seconds), sum(earned) FROM active GROUP BY worker_id
ON CONFLICT (project, worker, day) DO UPDATE
SET answers = excluded.answers, seconds = excluded.seconds, earned_minor = excluded.earned_minor
"""
_PEOPLE = """
SELECT d.worker, sum(d.answers)::int, sum(d.seconds)::float, sum(d.earned_minor)::bigint, coalesce((
    SELECT sum(b.amount_minor - b.reversed_minor) FROM rewards_bonus b
    WHERE b.project = %(project)s AND b.worker = d.worker AND b.kind = 'given'), 0)::bigint, coalesce((
    SELECT sum(b.amount_minor - b.reversed_minor) FROM rewards_bonus b
    WHERE b.project = %(project)s AND b.worker = d.worker AND b.kind = 'top_up'), 0)::bigint
FROM rewards_workedday d WHERE d.project = %(project)s GROUP BY d.worker
"""


@dataclass(frozen=True, slots=True)
class Person:
    """What one person worked and earned in a project, bonuses by hand included; top-ups beside it."""

    worker: UUID
    answers: int
    seconds: float
    earned_minor: int
    topped_up_minor: int

    @property
    def hourly_minor(self) -> float:
        return 3600 * (self.earned_minor + self.topped_up_minor) / self.seconds

    def owed_minor(self, floor_minor: int) -> int:
        """All that would have to be added to what was earned, top-ups so far included."""
        return max(0, ceil(floor_minor * self.seconds / 3600 - 1e-9) - self.earned_minor)


def people_of(project_id: UUID) -> list[Person]:
    """Everybody whose time in the project was measured, the least paid first."""
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, {"project": project_id})
        rows = [
            Person(worker, answers, seconds, earned + given, added)
            for worker, answers, seconds, earned, given, added in cursor.fetchall()
            if answers >= _ENOUGH_ANSWERS and seconds > 0
        ]
    return sorted(rows, key=lambda person: (person.hourly_minor, person.worker))


def shown_people_of(project_id: UUID) -> tuple[list[Person], datetime | None]:
    """The same for a page, and when it was counted where there are very many days. Nothing is paid by it."""
    counted = _people_counted.of(str(project_id))
    return [Person(*row) for row in counted.value], counted.at


@kept_when_costly
def _people_counted(project_ids: Sequence[str]) -> dict[str, list[tuple[Any, ...]]]:
    return {one: [astuple(person) for person in people_of(UUID(one))] for one in project_ids}


def measure_project(project_id: UUID, *, now: datetime | None = None) -> FairRate:
    """Bring a project's days and rate up to date, and raise the alarm if it has fallen below its floor."""
    now = now or timezone.now()
    project = Project.objects.only("pk", "currency", "title", "owner_id").get(pk=project_id)
    FairRate.objects.get_or_create(project=project_id, defaults={"currency": project.currency})
    with transaction.atomic():
        # Two sweeps at once take turns; the second finds little left to do.
        row = FairRate.objects.select_for_update().get(project=project_id)
        _measure_days(row, now)
        _summarise(row, people_of(project_id), fair_rate.floor_of(row, project.currency))
        _alarm(row, project, now)
        row.save()
    return row


def _measure_days(row: FairRate, now: datetime) -> None:
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    # Decisions have no index by time, so they are looked for less often than new answers.
    look = row.decided_until is None or now - row.decided_until >= _DECISIONS_EVERY
    decided = (row.decided_until or long_ago) - _LATE if look else now + _DECISIONS_EVERY
    values: dict[str, Any] = {
        "project": row.project,
        "since": (row.measured_until or long_ago) - _LATE,
        "decided": decided,
        "idle": fair_rate.IDLE_SECONDS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, values)
        for (day,) in cursor.fetchall():
            start = datetime(day.year, day.month, day.day, tzinfo=UTC)
            cursor.execute(_MEASURE, {**values, "day": day, "start": start, "end": start + timedelta(days=1)})
    row.measured_until = now
    if look:
        row.decided_until = now


def _summarise(row: FairRate, people: list[Person], floor: int | None) -> None:
    row.people, row.answers = len(people), sum(person.answers for person in people)
    rates = [person.hourly_minor for person in people]
    row.median_minor, row.upper_minor = _quantile(rates, 0.5), _quantile(rates, 0.75)
    paces = sorted(person.seconds / person.answers for person in people)
    row.median_seconds = paces[len(paces) // 2] if paces else None
    row.below_floor = sum(rate < floor for rate in rates) if floor is not None else 0


def _quantile(values: list[float], share: float) -> int | None:
    """With linear interpolation between neighbours, as PostgreSQL's percentile_cont."""
    if not values:
        return None
    place = share * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return round(values[low] + (place - low) * (values[high] - values[low]))


def _alarm(row: FairRate, project: Project, now: datetime) -> None:
    """Tell the requester when the median falls below the floor; again after a week, if it still is."""
    floor = fair_rate.floor_of(row, project.currency)
    low = floor is not None and row.people >= fair_rate.enough_people() and (row.median_minor or 0) < floor
    if not low:
        row.alarmed_at = None
    elif row.alarmed_at is None or now - row.alarmed_at >= _ALARM_AGAIN:
        row.alarmed_at = now
        notify(
            user_id=project.owner_id,
            kind="rate_below_floor",
            url=f"/projects/{project.pk}/money/",
            project=project.title,
            amount_minor=row.median_minor,
            currency=project.currency,
        )


_CHANGED = """
SELECT p.id FROM tasks_app_project p LEFT JOIN rewards_fairrate r ON r.project = p.id
CROSS JOIN LATERAL (SELECT created_at FROM annotations_answer a WHERE a.project_id = p.id
                    ORDER BY a.created_at DESC LIMIT 1) latest
WHERE p.state <> 'draft' AND (
      -- Each time a whole day is worked out: the larger a project, the less often.
      r.measured_until IS NULL
      OR r.measured_until < now() - make_interval(secs => least(3600, r.answers / 100))
) AND (
      r.measured_until IS NULL OR latest.created_at >= r.measured_until - interval '2 min'
      OR r.decided_until < now() - interval '1 hour' AND latest.created_at > now() - interval '30 days')
"""


def measure_changed() -> int:
    """The sweep: projects with answers since their last measurement, each a transaction of its own."""
    Activity.objects.filter(last_at__lt=timezone.now() - _KEEP_SIGNS).delete()
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED)
        due = [row[0] for row in cursor.fetchall()]
    return len(each(measure_project, due))
