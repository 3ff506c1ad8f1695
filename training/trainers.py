"""Which trainers are there, and which runs have lost theirs."""

import json
import logging
import time
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import redis
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from redis.exceptions import RedisError

from accounts.services.ends import tell_end
from training import devices, trials
from training.machine import Machine
from training.models import Run

logger = logging.getLogger(__name__)

QUEUE = "train"
KEY = "training:trainers"  # sorted set: name -> when it was last seen
ABOUT = "training:machines"  # hash: name -> its machine, as JSON
PRESENT_SECONDS = 30
DESCRIBED_SECONDS = 20
LOST_AFTER = timedelta(seconds=45)
FREEZING_TAKES = timedelta(minutes=15)
PICKED_UP_WITHIN = timedelta(seconds=30)
MOST_LOSSES = 5

_noted = _described = 0.0


@dataclass(frozen=True, slots=True)
class Trainer:
    """One worker that takes from the queue, and the machine it runs on."""

    name: str
    machine: Machine


@dataclass(frozen=True, slots=True)
class Desk:
    """What the training page says about trainers. `trainers` is None when Redis cannot be asked."""

    trainers: list[Trainer] | None
    waiting: int
    running: int

    @property
    def count(self) -> int | None:
        return None if self.trainers is None else len(self.trainers)

    @property
    def slots(self) -> int:
        """How many runs are taken at once."""
        return sum(trainer.machine.slots for trainer in self.trainers or ())

    @property
    def outdated(self) -> list[Trainer]:
        return [trainer for trainer in self.trainers or () if trainer.machine.is_old]


def note_presence(name: str, slots: int = 1) -> None:
    """Say that this trainer lives; at most every few seconds, and never at the cost of its work."""
    global _noted, _described
    if time.monotonic() - _noted < PRESENT_SECONDS / 4:
        return
    _noted = time.monotonic()
    try:
        client = _redis()
        if _noted - _described > DESCRIBED_SECONDS:
            client.hset(ABOUT, name, json.dumps(asdict(Machine.here(slots=slots))))
            _described = _noted
        client.zadd(KEY, {name: time.time()})
    except RedisError as error:
        logger.warning("Redis is away: %s", error)


def desk() -> Desk:
    live = dict.fromkeys((Run.State.QUEUED, Run.State.RUNNING), 0)
    for state in Run.objects.filter(state__in=live).values_list("state", flat=True):
        live[Run.State(state)] += 1
    return Desk(_present(), live[Run.State.QUEUED], live[Run.State.RUNNING])


def _present() -> list[Trainer] | None:
    try:
        client = _redis()
        long_ago = time.time() - PRESENT_SECONDS
        if gone := [str(name) for name in client.zrangebyscore(KEY, 0, long_ago)]:
            client.zrem(KEY, *gone)
            client.hdel(ABOUT, *gone)
        names = sorted(str(name) for name in client.zrange(KEY, 0, -1))
        about = client.hmget(ABOUT, names) if names else []
    except RedisError:
        return None
    machines = [Machine.from_json(json.loads(raw)) if raw else Machine() for raw in about]
    return [Trainer(name, machine) for name, machine in zip(names, machines, strict=True)]


@transaction.atomic
def _give_up(runs: QuerySet[Run]) -> None:
    why = "Its trainer was lost too often; it may need more memory than there is."
    for run in runs.select_for_update(of=("self",)).select_related("project"):
        run.state, run.reason, run.finished_at, run.claim = Run.State.FAILED, why, timezone.now(), None
        run.save(update_fields=["state", "reason", "finished_at", "claim"])
        tell_end(run.end_note(), good=False)


def take_back_lost_runs() -> list[UUID]:
    """Queue the runs whose trainer has gone silent, and name every queued run that the broker has forgotten.

    A run that outlives MOST_LOSSES trainers is taken for the cause and fails.
    """
    now = timezone.now()
    # While the snapshot is being frozen there is nobody to beat: a large one may take minutes.
    silent = Q(heartbeat_at__lt=now - LOST_AFTER, snapshot__isnull=False) | Q(
        heartbeat_at__lt=now - FREEZING_TAKES
    )
    trials.take_back_lost()
    searching = Q(search__isnull=False, search__done_at=None)  # it has no holder, but trials that have
    lost = Run.objects.filter(silent, ~searching, state=Run.State.RUNNING)
    _give_up(lost.filter(losses__gte=MOST_LOSSES))
    lost.filter(cancel_requested=True).update(state=Run.State.CANCELLED, finished_at=now, claim=None)
    fresh = list(lost.values_list("pk", flat=True))
    # Its place in the queue stays what it was.
    lost.filter(pk__in=fresh).update(state=Run.State.QUEUED, claim=None, losses=F("losses") + 1)
    more = Q(state=Run.State.RUNNING, search__is_open=True, search__done_at=None)
    forgotten = Q(Q(state=Run.State.QUEUED) | more, queued_at__lt=now - PICKED_UP_WITHIN)
    waiting = Run.objects.filter(forgotten).values_list("pk", flat=True) if nobody_is_told() else ()
    return [*fresh, *(pk for pk in waiting if pk not in fresh)]


def nobody_is_told() -> bool:
    """False also when the broker is away: then there is nobody to tell."""
    try:
        return int(_redis().llen(QUEUE)) == 0
    except RedisError:
        return False


def _redis() -> "redis.Redis":
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, decode_responses=True
    )


def on_worker_setup(conf: Any, options: dict[str, Any], **_kwargs: Any) -> None:
    """A trainer that is not told how many runs to take at once takes one for each card, one without any.

    (Celery's signal celeryd_init.)
    """
    queues = options.get("queues") or ()
    named = queues.split(",") if isinstance(queues, str) else list(queues)
    if QUEUE in named and not options.get("concurrency"):
        conf.worker_concurrency = max(1, len(devices.list_cards()))


def on_worker_ready(sender: Any, **_kwargs: Any) -> None:
    """A worker that takes from the queue `train` is a trainer (Celery's signal worker_ready)."""
    if QUEUE in sender.app.amqp.queues.consume_from:
        _mine[sender.hostname] = int(sender.controller.concurrency or 1)
        note_presence(sender.hostname, _mine[sender.hostname])


def on_worker_heartbeat(**_kwargs: Any) -> None:
    for name, slots in _mine.items():
        note_presence(name, slots)


_mine: dict[str, int] = {}
