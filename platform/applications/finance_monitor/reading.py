"""Having the models read texts that wait, and counting what they say: both, or neither."""

import logging
from datetime import timedelta
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from applications import asking
from applications.finance_monitor import counting
from applications.finance_monitor.models import Monitor, NewsText
from common.errors import Conflict, DomainError, Unavailable
from privacy.pii.logs import message_of

logger = logging.getLogger(__name__)
AT_ONCE = 64
MOST_FAILURES = 20
PAUSES = [timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=7)]
TOPIC, SENTIMENT = "topic", "sentiment"


def read_waiting(monitor_id: UUID, *, most: int = 2000) -> int:
    """Read up to `most` texts, oldest first; returns how many. Two workers take different ones.

    Stops where no model is in production, or too many others ask: the texts wait. So it does after
    MOST_FAILURES in a row, when it is hardly the texts that are at fault.
    """
    bring_back(monitor_id)
    done, at_once, failures = 0, AT_ONCE, 0
    while done < most and failures < MOST_FAILURES:
        try:
            read = _read_some(monitor_id, at_once)
        except (Conflict, Unavailable):
            break
        except DatabaseError:
            raise
        except Exception as error:
            # One of them cannot be read. Alone, it shows which; it must not hold up the others for ever.
            if at_once == 1:
                _put_off_first(monitor_id, error)
                failures += 1
            at_once = AT_ONCE if at_once == 1 else 1
            continue
        if not read:
            break
        done, failures = done + read, 0
    return done


@transaction.atomic
def _put_off_first(monitor_id: UUID, error: Exception) -> None:
    """Until it is tried again; given up after the last of PAUSES."""
    first = _waiting(monitor_id).select_for_update(skip_locked=True, of=("self",)).first()
    if first is None:
        return
    again = timezone.now() + PAUSES[first.attempts] if first.attempts < len(PAUSES) else None
    NewsText.objects.filter(pk=first.pk).update(
        state=NewsText.State.FAILED, attempts=first.attempts + 1, problem=_said(error)[:300],
        retry_at=again,
    )  # fmt: skip


def _said(error: Exception) -> str:
    if isinstance(error, DomainError):
        return " ".join(dict.fromkeys([error.message, *(one.detail for one in error.problems)]))
    logger.error("A news text could not be read", exc_info=error)
    return _("An error of ours: %s") % message_of(error)


def bring_back(monitor_id: UUID) -> None:
    """Texts that could not be read wait again once their pause is over: a newer model may read them."""
    due = NewsText.objects.filter(
        monitor=monitor_id, state=NewsText.State.FAILED, retry_at__lte=timezone.now()
    )
    due.update(state=NewsText.State.WAITING, retry_at=None)


def _waiting(monitor_id: UUID) -> QuerySet[NewsText]:
    waiting = NewsText.objects.filter(monitor=monitor_id, state=NewsText.State.WAITING)
    return waiting.order_by("received_at", "pk")


@transaction.atomic
def _read_some(monitor_id: UUID, at_once: int) -> int:
    """One transaction from the lock to the counts: a worker that is killed leaves the texts to the next."""
    rows = list(_waiting(monitor_id).select_for_update(skip_locked=True, of=("self",))[:at_once])
    if not rows:
        return 0
    monitor = Monitor.objects.select_related("project__owner").get(pk=monitor_id)
    items = [{"text": row.text} for row in rows]
    project = monitor.project
    # In the owner's name, who may then say which answer is wrong.
    topics = asking.ask(project=project, field=TOPIC, items=items, actor=project.owner)
    moods = asking.ask(project=project, field=SENTIMENT, items=items, actor=project.owner)
    for row, topic, mood in zip(rows, topics.predictions, moods.predictions, strict=True):
        row.topics = [topic.value] if isinstance(topic.value, str) else list(topic.value or [])
        row.sentiment = str(mood.value or "")
        row.topic_prediction_id, row.sentiment_prediction_id = topic.pk, mood.pk
        row.state, row.problem = NewsText.State.READ, ""
    NewsText.objects.bulk_update(
        rows, ["topics", "sentiment", "topic_prediction", "sentiment_prediction", "state", "problem"]
    )
    counting.add_texts(monitor, rows, timezone.now())
    return len(rows)
