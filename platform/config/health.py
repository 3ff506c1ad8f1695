"""What an administrator needs to see when something is slow or silent."""

import shutil
from dataclasses import dataclass
from datetime import timedelta

import redis
from django.conf import settings
from django.db import connection
from django.utils import timezone
from redis.exceptions import RedisError

from annotations.models import Answer
from common import workers
from tasks_app.models import Assignment, ImportJob, Item

SHORT = 0.05  # of the disk that is still free
QUEUES = ("default", "predict", "train")


@dataclass(frozen=True)
class Health:
    workers: list[str]
    queues: dict[str, int]
    live_leases: int
    waiting_items: int
    answers_last_hour: int
    running_imports: int
    database_bytes: int
    disk_free_bytes: int
    disk_bytes: int
    broker_away: bool

    @property
    def is_disk_short(self) -> bool:
        return self.disk_free_bytes < SHORT * self.disk_bytes


def queue_lengths() -> dict[str, int]:
    """Messages waiting in each Celery queue (they are Redis lists)."""
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2)
    return {name: int(client.llen(name)) for name in QUEUES}


def overview() -> Health:
    try:
        queues, away = queue_lengths(), False
        alive = workers.present()
    except RedisError:
        queues, alive, away = dict.fromkeys(QUEUES, 0), [], True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        size = int(cursor.fetchone()[0])
    disk = shutil.disk_usage(settings.DATA_DIR if settings.DATA_DIR.exists() else settings.BASE_DIR)
    hour_ago = timezone.now() - timedelta(hours=1)
    return Health(
        workers=alive,
        queues=queues,
        live_leases=Assignment.objects.filter(state=Assignment.State.LEASED).count(),
        waiting_items=Item.objects.filter(needs_aggregation=True).count(),
        answers_last_hour=Answer.objects.filter(created_at__gte=hour_ago).count(),
        running_imports=ImportJob.objects.filter(state=ImportJob.State.RUNNING).count(),
        database_bytes=size,
        disk_free_bytes=disk.free,
        disk_bytes=disk.total,
        broker_away=away,
    )


def prometheus_gauges() -> bytes:
    """Gauges read from the database, so that every web process reports the same."""
    lines = []
    try:
        queues = queue_lengths()
    except RedisError:
        queues = {}
    for name, length in queues.items():
        lines.append(f'manyhands_queue_length{{queue="{name}"}} {length}')
    live = Assignment.objects.filter(state=Assignment.State.LEASED).count()
    lines.append(f"manyhands_live_leases {live}")
    lines.append(f"manyhands_items_to_aggregate {Item.objects.filter(needs_aggregation=True).count()}")
    return ("\n".join(lines) + "\n").encode()
