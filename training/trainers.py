"""Which trainers are there, and which runs have lost theirs."""

import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import redis
from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone
from redis.exceptions import RedisError

from training.models import Run

logger = logging.getLogger(__name__)

QUEUE = "train"
KEY = "training:trainers"  # sorted set: name -> when it was last seen
PRESENT_SECONDS = 30
LOST_AFTER = timedelta(seconds=45)
FREEZING_TAKES = timedelta(minutes=15)
PICKED_UP_WITHIN = timedelta(seconds=30)
MOST_LOSSES = 5

_noted = 0.0


@dataclass(frozen=True, slots=True)
class Desk:
    """What the training page says about trainers. `count` is None when Redis cannot be asked."""

    count: int | None
    waiting: int
    running: int


def note_presence(name: str) -> None:
    """Say that this trainer lives; at most every few seconds, and never at the cost of its work."""
    global _noted
    if time.monotonic() - _noted < PRESENT_SECONDS / 4:
        return
    _noted = time.monotonic()
    try:
        _redis().zadd(KEY, {name: time.time()})
    except RedisError as error:
        logger.warning("Redis is away: %s", error)


def desk() -> Desk:
    live = dict.fromkeys((Run.State.QUEUED, Run.State.RUNNING), 0)
    for state in Run.objects.filter(state__in=live).values_list("state", flat=True):
        live[Run.State(state)] += 1
    return Desk(_present(), live[Run.State.QUEUED], live[Run.State.RUNNING])


def _present() -> int | None:
    try:
        client = _redis()
        client.zremrangebyscore(KEY, 0, time.time() - PRESENT_SECONDS)
        return int(client.zcard(KEY))
    except RedisError:
        return None


def take_back_lost_runs() -> list[UUID]:
    """Queue the runs whose trainer has gone silent, and name every queued run that the broker has forgotten.

    A run that outlives MOST_LOSSES trainers is taken for the cause and fails.
    """
    now = timezone.now()
    # While the snapshot is being frozen there is nobody to beat: a large one may take minutes.
    silent = Q(heartbeat_at__lt=now - LOST_AFTER, snapshot__isnull=False) | Q(
        heartbeat_at__lt=now - FREEZING_TAKES
    )
    lost = Run.objects.filter(silent, state=Run.State.RUNNING)
    lost.filter(losses__gte=MOST_LOSSES).update(
        state=Run.State.FAILED,
        reason="Its trainer was lost too often; it may need more memory than there is.",
        finished_at=now,
        claim=None,
    )
    lost.filter(cancel_requested=True).update(state=Run.State.CANCELLED, finished_at=now, claim=None)
    fresh = list(lost.values_list("pk", flat=True))
    # Its place in the queue stays what it was.
    lost.filter(pk__in=fresh).update(state=Run.State.QUEUED, claim=None, losses=F("losses") + 1)
    forgotten = Q(state=Run.State.QUEUED, queued_at__lt=now - PICKED_UP_WITHIN)
    waiting = Run.objects.filter(forgotten).values_list("pk", flat=True) if _queue_is_empty() else ()
    return [*fresh, *(pk for pk in waiting if pk not in fresh)]


def _queue_is_empty() -> bool:
    """False also when the broker is away: then there is nobody to tell."""
    try:
        return int(_redis().llen(QUEUE)) == 0
    except RedisError:
        return False


def _redis() -> "redis.Redis":
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def on_worker_ready(sender: Any, **_kwargs: Any) -> None:
    """A worker that takes from the queue `train` is a trainer (Celery's signal worker_ready)."""
    if QUEUE in sender.app.amqp.queues.consume_from:
        _mine.append(sender.hostname)
        note_presence(sender.hostname)


def on_worker_heartbeat(**_kwargs: Any) -> None:
    if _mine:
        note_presence(_mine[0])


_mine: list[str] = []
