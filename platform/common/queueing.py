import logging
import time
from functools import partial
from typing import Any

from celery import Task
from django.core.cache import cache
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
SOON = 1.0  # seconds
_asked_until: dict[str, float] = {}  # by this process, which need not ask Redis again meanwhile


def enqueue_on_commit(task: "Task[..., Any]", *args: Any) -> None:
    """Queue `task` once the transaction holds.

    A lost broker is logged and swallowed: the row that asks for the work is committed, and a beat sweep finds
    it later. Never use it for work that only the queue remembers.
    """
    transaction.on_commit(partial(_enqueue, task, *args))


def enqueue_soon(task: "Task[..., Any]", *args: Any) -> None:
    """Queue `task` once for everybody who asks within a second; it begins when that second is over.

    For work that finds all that there is to do by itself, and may be asked for hundreds of times a second.
    """
    transaction.on_commit(partial(_enqueue_soon, task, *args))


def _enqueue_soon(task: "Task[..., Any]", *args: Any) -> None:
    key = ":".join(["soon", task.name, *map(str, args)])
    if _asked_until.get(key, 0.0) > time.monotonic():
        return
    if len(_asked_until) > 1000:
        _asked_until.clear()
    # Whoever asks while the key is there has committed before the task begins.
    if cache.add(key, 1, timeout=SOON):
        _asked_until[key] = time.monotonic() + SOON
        _enqueue(task, *args, countdown=SOON)


def _enqueue(task: "Task[..., Any]", *args: Any, countdown: float = 0.0) -> None:
    try:
        task.apply_async(tuple(str(arg) for arg in args), countdown=countdown)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("%s waits for the next sweep, the broker is away: %s", task.name, error)
