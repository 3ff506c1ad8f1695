"""Rows of a monitor as JSON."""

from typing import Any

import numpy as np
from django.db.models import Count as Number
from django.db.models import QuerySet

from applications.finance_monitor.models import Alert, Delivery, Monitor, NewsText, Source, Webhook
from applications.finance_monitor.replaying import Replay, Seen
from applications.finance_monitor.services.monitors import SETTINGS
from applications.finance_monitor.telling import why_no_mail


def monitor_json(monitor: Monitor) -> dict[str, Any]:
    chosen = {name: getattr(monitor, name) for name in SETTINGS}
    # no_mail: why alerts do not come by mail though `by_mail` says so.
    return {**chosen, "closed_until": monitor.closed_until, "no_mail": why_no_mail(monitor)}


def alert_json(alert: Alert) -> dict[str, Any]:
    return {
        "id": str(alert.pk),
        "topic": alert.topic,
        "since": alert.begins,
        "start": alert.start,
        "end": alert.end,
        "texts": alert.total,
        "negative": alert.negative,
        "share": alert.share,
        "usual": alert.expected,
        "usual_up_to": alert.high,
        "chance": alert.chance,
        "raised_at": alert.raised_at,
        "true": alert.judged_true,
        "judged_at": alert.judged_at,
    }


def text_json(text: NewsText) -> dict[str, Any]:
    return {
        "id": str(text.pk),
        "text": text.text,
        "at": text.at,
        "topics": text.topics,
        "sentiment": text.sentiment,
        "predictions": {
            "topic": str(text.topic_prediction_id) if text.topic_prediction_id else None,
            "sentiment": str(text.sentiment_prediction_id) if text.sentiment_prediction_id else None,
        },
    }


def series_json(seen: Seen) -> list[dict[str, Any]]:
    """Bins oldest first; the usual range is None before enough is known."""
    looked = seen.looked
    return [
        {
            "start": seen.series.starts[place],
            "texts": int(seen.series.total[place]),
            "negative": int(seen.series.negative[place]),
            "usual": _number(looked.expected[place]),
            "low": _number(looked.low[place]),
            "high": _number(looked.high[place]),
            "alarm": bool(looked.chance[place] <= seen.level),
        }
        for place in range(seen.first, len(seen.series.starts))
    ]


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def replay_json(found: Replay) -> dict[str, Any]:
    return {
        "alerts": [
            {
                "topic": one.topic,
                "start": one.start,
                "end": one.end,
                "texts": one.total,
                "negative": one.negative,
                "usual": one.expected,
                "chance": one.chance,
                "true": one.judged,
            }
            for one in found.alerts
        ],
        "missed": found.missed,
        "looks": found.looks,
        "false_alarms_allowed": found.allowed,
    }


def failed_json(failed: QuerySet[NewsText]) -> dict[str, Any]:
    """How many could not be read, how many of them are tried again, and the most frequent reasons."""
    reasons = failed.values("problem").annotate(texts=Number("pk")).order_by("-texts", "problem")
    return {
        "texts": sum(row["texts"] for row in reasons),
        "tried_again": failed.filter(retry_at__isnull=False).count(),
        "reasons": [row["problem"] for row in reasons[:3]],
    }


def source_json(source: Source) -> dict[str, Any]:
    names = (
        "kind", "url", "minutes", "pulled_at", "next_at", "problem", "failures", "refused", "refused_why",
    )  # fmt: skip
    return {"id": str(source.pk), **{name: getattr(source, name) for name in names}}


def webhook_json(hook: Webhook) -> dict[str, Any]:
    return {"id": str(hook.pk), "url": hook.url, "active": hook.active, "created_at": hook.created_at}


def delivery_json(row: Delivery) -> dict[str, Any]:
    names = ("state", "attempts", "status", "problem", "next_at", "done_at")
    return {"id": str(row.pk), "alert": str(row.alert_id), **{name: getattr(row, name) for name in names}}
