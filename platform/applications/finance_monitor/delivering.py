"""Sending alerts to webhooks: at least once, with pauses that grow, and a row that says how it went."""

import json
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from applications.finance_monitor.fetching import NotFetched, fetch
from applications.finance_monitor.models import Alert, Delivery
from applications.finance_monitor.sealing import sign, unseal
from applications.finance_monitor.telling import page_of

PAUSES = [timedelta(minutes=m) for m in (1, 5, 30, 120, 360, 1440)]  # before the second try, the third, ...
LEASE = timedelta(minutes=2)
MOST_BYTES = 64 * 1024
State = Delivery.State


def due_deliveries() -> list[UUID]:
    due = Delivery.objects.filter(state=State.WAITING, next_at__lte=timezone.now())
    return list(due.order_by("next_at").values_list("pk", flat=True)[:200])


def deliver(delivery_id: UUID) -> bool:
    """One try, by one worker; whether it was taken. A worker that dies over it is followed after LEASE."""
    now = timezone.now()
    due = Delivery.objects.filter(pk=delivery_id, state=State.WAITING, next_at__lte=now)
    if not due.update(next_at=now + LEASE):
        return False
    row = Delivery.objects.select_related("webhook", "alert__monitor__project").get(pk=delivery_id)
    status, problem = _send(row)
    taken = status is not None and 200 <= status < 300
    attempts = row.attempts + 1
    given_up = attempts > len(PAUSES) or not row.webhook.active
    state = State.DONE if taken else State.GIVEN_UP if given_up else State.WAITING
    pause = LEASE if taken or given_up else PAUSES[attempts - 1]
    Delivery.objects.filter(pk=row.pk).update(
        state=state, attempts=attempts, status=status, problem=problem[:300], next_at=now + pause,
        done_at=timezone.now() if taken else None,
    )  # fmt: skip
    return taken


def _send(row: Delivery) -> tuple[int | None, str]:
    """The server's status, and what is wrong where something is."""
    secret = unseal(row.webhook)
    if secret is None:
        return None, _("The site's key has changed: delete this webhook and make a new one.")
    body = json.dumps(message_of(row.alert)).encode()
    moment = int(time.time())
    headers = {
        "Content-Type": "application/json",
        "X-Manyhands-Event": "finance_monitor.alert",
        "X-Manyhands-Delivery": str(row.pk),
        "X-Manyhands-Timestamp": str(moment),
        "X-Manyhands-Signature": sign(secret, moment, body),
    }
    try:
        found = fetch(row.webhook.url, headers=headers, body=body, most_bytes=MOST_BYTES)
    except NotFetched as error:
        return None, str(error)
    good = 200 <= found.status < 300
    return found.status, "" if good else _("The server answered with %d.") % found.status


def message_of(alert: Alert) -> dict[str, Any]:
    """No text of the stream: whoever may read those follows the link."""
    return {
        "event": "finance_monitor.alert",
        "id": str(alert.pk),
        "project": str(alert.monitor_id),
        "topic": alert.topic,
        "since": alert.begins.isoformat(),
        "start": alert.start.isoformat(),
        "end": alert.end.isoformat(),
        "texts": alert.total,
        "negative": alert.negative,
        "share": round(alert.share, 4),
        "usual": round(alert.expected, 4),
        "usual_up_to": round(alert.high, 4),
        "raised_at": alert.raised_at.isoformat(),
        "link": settings.SITE_URL + page_of(alert),
    }
