"""The only way from an id in a URL to a row of a monitor."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from applications import access
from applications.finance_monitor.counting import NEGATIVE
from applications.finance_monitor.models import Alert, Monitor, NewsText, Source, Webhook
from common.errors import NotFound

TEMPLATE = "finance-monitor"
Row = TypeVar("Row", bound=models.Model)


def monitor_for(user: User, project_id: UUID) -> Monitor:
    """The monitor of a project that `user` runs; a project that has none yet gets one."""
    project, _kind = access.project_with(user, project_id, TEMPLATE)
    monitor, _new = Monitor.objects.select_related("project").get_or_create(project=project)
    return monitor


def alert_for(monitor: Monitor, alert_id: UUID) -> Alert:
    return _of(monitor, Alert, alert_id, lambda: _("There is no such alert."))


def source_for(monitor: Monitor, source_id: UUID) -> Source:
    return _of(monitor, Source, source_id, lambda: _("There is no such source."))


def webhook_for(monitor: Monitor, webhook_id: UUID) -> Webhook:
    return _of(monitor, Webhook, webhook_id, lambda: _("There is no such webhook."))


def _of(monitor: Monitor, kind: type[Row], pk: UUID, said: Callable[[], str]) -> Row:
    row = kind._default_manager.filter(pk=pk, monitor=monitor).first()
    if row is None:
        raise NotFound(said())
    return row


def waiting_texts(monitor: Monitor) -> QuerySet[NewsText]:
    return NewsText.objects.filter(monitor=monitor, state=NewsText.State.WAITING)


def failed_texts(monitor: Monitor) -> QuerySet[NewsText]:
    """Those that no model could read so far."""
    return NewsText.objects.filter(monitor=monitor, state=NewsText.State.FAILED)


def texts_of(alert: Alert) -> QuerySet[NewsText]:
    """The negative texts that an alert is about, newest first."""
    texts = NewsText.objects.filter(monitor=alert.monitor_id, at__gte=alert.begins, at__lt=alert.end)
    texts = texts.filter(sentiment=NEGATIVE, topics__contains=[alert.topic])
    return texts.select_related("topic_prediction", "sentiment_prediction").order_by("-at")
