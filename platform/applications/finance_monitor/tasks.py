"""Celery's way in: ids in, nothing out."""

import importlib
from uuid import UUID

from celery import shared_task
from django.db.models import Q
from django.utils import timezone

from applications.finance_monitor import closing, delivering
from applications.finance_monitor.models import NewsText
from common.rounds import each

_PACKAGE = "applications.finance_monitor"


@shared_task
def predict_texts(monitor_id: str) -> None:
    """On the queue of those who have models in memory."""
    importlib.import_module(f"{_PACKAGE}.reading").read_waiting(UUID(str(monitor_id)))


@shared_task
def read_waiting_texts() -> None:
    """What was pushed while the broker or the models were away, and what is to be tried again."""
    again = Q(state=NewsText.State.FAILED, retry_at__lte=timezone.now())
    waiting = NewsText.objects.filter(Q(state=NewsText.State.WAITING) | again).order_by()
    for monitor_id in waiting.values_list("monitor", flat=True).distinct():
        predict_texts.delay(str(monitor_id))


@shared_task
def pull_sources() -> None:
    # Pulling pushes, which queues `predict_texts`: it stands above this module.
    pulling = importlib.import_module(f"{_PACKAGE}.pulling")
    each(pulling.pull, pulling.due_sources())


@shared_task
def close_bins() -> None:
    each(closing.close_bins, closing.due_monitors())
    send_alerts()


@shared_task
def send_alerts() -> None:
    each(delivering.deliver, delivering.due_deliveries())
