"""Telling of an alert: on the page, by mail, and to webhooks. What goes out is a row first."""

from django.conf import settings
from django.urls import reverse

from accounts.services import preferences
from accounts.services.mailing import proven_address
from accounts.services.notifications import notify
from applications.finance_monitor.models import Alert, Delivery, Monitor

KIND = "finance_alert"
SENDS_NONE, UNPROVEN, REFUSED = "sends_none", "unproven", "refused"


def tell(alert: Alert) -> None:
    """In the transaction that raised it: the owner's page, their mail as they want it, and a row for each
    webhook."""
    monitor, project = alert.monitor, alert.monitor.project
    notify(
        user_id=project.owner_id, kind=KIND, url=page_of(alert), asked=monitor.by_mail,
        project=project.title, topic=alert.topic, negative=alert.negative, total=alert.total,
        usual=f"{alert.high:.0%}",
    )  # fmt: skip
    hooks = monitor.webhooks.filter(active=True)
    Delivery.objects.bulk_create(
        [Delivery(webhook=hook, alert=alert) for hook in hooks], ignore_conflicts=True
    )


def page_of(alert: Alert) -> str:
    return reverse("finance-monitor-alert", args=[alert.monitor_id, alert.pk])


def why_no_mail(monitor: Monitor) -> str:
    """Why alerts do not come by mail though the monitor says so: the site sends none, the owner has proven no
    address, or has said that they want no such mail; "" where they come."""
    if not monitor.by_mail:
        return ""
    if not settings.MAIL_REACHES_PEOPLE:
        return SENDS_NONE
    owner = monitor.project.owner
    if not proven_address(owner):
        return UNPROVEN
    wish = preferences.wish_of(owner.pk, preferences.topic_of(KIND), asked=True)
    return REFUSED if wish.mail == preferences.Mail.NEVER else ""
