import logging
from functools import partial
from typing import Any

from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def enqueue_on_commit(task: "Task[..., Any]", *args: Any) -> None:
    """Queue `task` once the transaction holds.

    A lost broker is logged and swallowed: the row that asks for the work is committed, and a beat sweep finds
    it later. Never use it for work that only the queue remembers.
    """
    transaction.on_commit(partial(_enqueue, task, *args))


def _enqueue(task: "Task[..., Any]", *args: Any) -> None:
    try:
        task.delay(*(str(arg) for arg in args))
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("%s waits for the next sweep, the broker is away: %s", task.name, error)
