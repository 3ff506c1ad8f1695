"""Which Celery workers are alive, by their own word: asking them all takes as long as one may be silent."""

import logging
import time
from typing import Any

import redis
from django.conf import settings
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

KEY = "workers"  # sorted set: name -> until when it is believed, in seconds since 1970
PRESENT_SECONDS = 30

_noted = 0.0


def present() -> list[str]:
    """Names of the workers that gave a sign of life lately. Raises RedisError when the broker is away."""
    client, now = _redis(), time.time()
    client.zremrangebyscore(KEY, 0, now)
    return sorted(str(name) for name in client.zrange(KEY, 0, -1))


def on_ready(sender: Any, **_kwargs: Any) -> None:
    """Celery's signal worker_ready."""
    _note(sender.hostname)


def on_heartbeat(sender: Any, **_kwargs: Any) -> None:
    """Celery's signal heartbeat_sent; every other second, so most are passed over."""
    if time.monotonic() - _noted > PRESENT_SECONDS / 4:
        _note(sender.eventer.hostname)


def on_shutdown(sender: Any, **_kwargs: Any) -> None:
    """Celery's signal worker_shutdown."""
    try:
        _redis().zrem(KEY, sender.hostname)
    except RedisError:
        logger.warning("Redis is away; the worker is believed for another %s s.", PRESENT_SECONDS)


def _note(name: str) -> None:
    """Never at the cost of the worker's work: a broker that is away is asked again with a later beat."""
    global _noted
    _noted = time.monotonic()
    try:
        _redis().zadd(KEY, {name: time.time() + PRESENT_SECONDS})
    except RedisError as error:
        logger.warning("Redis is away: %s", error)


def _redis() -> "redis.Redis":
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, decode_responses=True
    )
