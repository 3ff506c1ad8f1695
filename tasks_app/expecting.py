"""What a project will take and cost: by its pilot, else by its owner's try, else by a stated guess."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import F

from rewards import fair_rate
from tasks_app import selectors
from tasks_app.designer import estimating
from tasks_app.designer.estimating import Estimate, Interval, Pace, Work
from tasks_app.designer.samples import sample_payloads
from tasks_app.fields.payload import turn_texts
from tasks_app.models import Item, Project, TryOut

_MOST = 2_000
# A browser's own count is believed up to the time that the server saw pass.
_SECONDS = """
SELECT worker_id::text, least(seconds, extract(epoch FROM closed_at - created_at))::float
FROM tasks_app_assignment
WHERE project_id = %s AND state = 'submitted' AND seconds > 0
ORDER BY id DESC LIMIT %s
"""


@dataclass(frozen=True)
class Expected:
    """`source` is pilot, try or guess; `left` items are not settled yet, `items` are all that are asked."""

    source: str
    estimate: Estimate
    items: int
    reward_minor: int
    currency: str
    floor_minor: int | None

    @property
    def is_low(self) -> bool:
        return self.floor_minor is not None and self.estimate.hourly_minor.value < self.floor_minor

    @property
    def fair_reward_minor(self) -> int | None:
        return self.estimate.fair_reward(self.floor_minor)

    def to_json(self) -> dict[str, Any]:
        found = self.estimate
        return {
            "source": self.source,
            "answers_measured": found.pace.answers,
            "people": found.pace.people,
            "items": self.items,
            "currency": self.currency,
            "seconds_per_answer": _json(found.pace.median),
            "answers": _json(found.answers),
            "seconds": _json(found.seconds),
            "cost_minor": _json(found.cost_minor),
            "hourly_minor": _json(found.hourly_minor),
            "floor_minor": self.floor_minor,
            "below_floor": self.is_low,
            "fair_reward_minor": self.fair_reward_minor,
        }


def _json(interval: Interval) -> dict[str, float]:
    return {name: round(getattr(interval, name), 2) for name in ("value", "low", "high")}


def expect(
    project: Project, *, overlap: tuple[int, int] | None = None, reward_minor: int | None = None
) -> Expected:
    """With `overlap` or `reward_minor`: as if the project asked or paid that."""
    asked = Item.objects.filter(project=project, gold__isnull=True).exclude(state=Item.State.WITHDRAWN)
    settled = asked.filter(state=Item.State.CLOSED, submitted__gte=F("slots"), submitted__gt=0)
    least, most = overlap or (project.overlap_min, project.overlap_max)
    gold = Item.objects.filter(project=project, gold__isnull=False).exists()
    reward = project.reward_minor if reward_minor is None else reward_minor
    counted = selectors.progress(project.pk)
    work = Work(
        # What was imported with its labels is closed, and nobody is asked or paid for it.
        items=counted.waiting + counted.open + counted.settled, least=least, most=max(least, most),
        gold_share=project.gold_share if gold else 0.0, reward_minor=reward,
    )  # fmt: skip
    source, pace = _pace(project)
    # The last of the import's order, which an index has; ids of items are random, and none has their order.
    latest = settled.order_by("-position").values_list("submitted", flat=True)
    taken = [] if overlap else list(latest[:_MOST])
    floor = fair_rate.rate_of(project.pk, project.currency).floor_minor
    found = estimating.estimate(pace, work, settled=taken)
    return Expected(source, found, work.items, reward, project.currency, floor)


def _pace(project: Project) -> tuple[str, Pace]:
    measured: dict[str, list[float]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_SECONDS, [project.pk, _MOST])
        for person, seconds in cursor.fetchall():
            measured[person].append(seconds)
    if sum(map(len, measured.values())) >= estimating.ENOUGH_ANSWERS:
        pace = estimating.measure_pace(measured)
        if pace is not None:
            return "pilot", pace
    tried = TryOut.objects.filter(project=project).order_by("-started_at").first()
    seconds = [one["seconds"] for one in tried.answers.values() if one["seconds"] > 0] if tried else []
    pace = estimating.measure_pace({"try": seconds})
    return ("try", pace) if pace else ("guess", _guess(project))


def _guess(project: Project) -> Pace:
    fields = selectors.current_fields(project)
    rows = Item.objects.filter(project=project).order_by("position").values_list("payload", flat=True)
    payloads = list(rows[:50]) or sample_payloads(project.template, fields)
    words = [estimating.count_words(" ".join(turn_texts(payload))) for payload in payloads]
    return estimating.guess_pace(words, len(fields))
