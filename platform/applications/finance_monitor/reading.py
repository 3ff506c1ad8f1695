"""Having the models read texts that wait, and counting what they say: both, or neither."""

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from applications import asking
from applications.finance_monitor import counting
from applications.finance_monitor.models import Monitor, NewsText
from common.errors import Conflict, Invalid, Unavailable

AT_ONCE = 64
TOPIC, SENTIMENT = "topic", "sentiment"


def read_waiting(monitor_id: UUID, *, most: int = 2000) -> int:
    """Read up to `most` texts, oldest first; returns how many. Two workers take different ones.

    Stops where no model is in production, or too many others ask: the texts wait.
    """
    done, at_once = 0, AT_ONCE
    while done < most:
        try:
            read = _read_some(monitor_id, at_once)
        except (Conflict, Unavailable):
            break
        except Invalid:
            # One of them cannot be read. Alone, it shows which; it must not hold up the others for ever.
            if at_once == 1:
                _give_up_first(monitor_id)
            at_once = 1
            continue
        if not read:
            break
        done += read
    return done


@transaction.atomic
def _give_up_first(monitor_id: UUID) -> None:
    first = _waiting(monitor_id).select_for_update(skip_locked=True, of=("self",)).first()
    if first is not None:
        NewsText.objects.filter(pk=first.pk).update(state=NewsText.State.FAILED)


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
        row.state = NewsText.State.READ
    NewsText.objects.bulk_update(
        rows, ["topics", "sentiment", "topic_prediction", "sentiment_prediction", "state"]
    )
    counting.add_texts(monitor, rows, timezone.now())
    return len(rows)
