"""Telling of an alert: on the page, by mail, and to webhooks. What goes out is a row first."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from accounts.services.notifications import notify
from applications.finance_monitor.models import Alert, Delivery
from common.turns import turn

logger = logging.getLogger(__name__)
ATTEMPTS = 5


def tell(alert: Alert) -> None:
    """In the transaction that raised it: the owner's page, and a row for each webhook."""
    monitor, project = alert.monitor, alert.monitor.project
    notify(
        user_id=project.owner_id, kind="finance_alert", url=page_of(alert), by_mail=not monitor.by_mail,
        project=project.title, topic=alert.topic,
    )  # fmt: skip
    hooks = monitor.webhooks.filter(active=True)
    Delivery.objects.bulk_create(
        [Delivery(webhook=hook, alert=alert) for hook in hooks], ignore_conflicts=True
    )


def page_of(alert: Alert) -> str:
    return reverse("finance-monitor-alert", args=[alert.monitor_id, alert.pk])


def send_mails() -> int:
    """Every mail that is due, by one worker at a time; returns how many went out."""
    sent = 0
    with turn("finance_monitor.mails") as mine:
        if mine:
            due = Alert.objects.filter(mailed_at=None, mail_attempts__lt=ATTEMPTS, monitor__by_mail=True)
            for alert in due.select_related("monitor__project__owner").order_by("pk")[:200]:
                sent += _send(alert)
    return sent


def _send(alert: Alert) -> bool:
    owner = alert.monitor.project.owner
    Alert.objects.filter(pk=alert.pk).update(mail_attempts=alert.mail_attempts + 1)
    with override(owner.language or settings.LANGUAGE_CODE):
        context = {"alert": alert, "link": settings.SITE_URL + page_of(alert)}
        subject = render_to_string("finance_monitor/mail_subject.txt", context).strip()
        text = render_to_string("finance_monitor/mail.txt", context).strip() + "\n"
    try:
        send_mail(subject, text, None, [owner.email])
    except (SMTPException, OSError) as error:
        logger.warning("mail of alert %s: %s", alert.pk, type(error).__name__)
        return False
    Alert.objects.filter(pk=alert.pk).update(mailed_at=timezone.now())
    return True
