"""Suggestions for a project's open items, made ahead in the background, chunk by chunk.

A chunk's suggestions and the place to go on from are written in one transaction: whoever takes the work up
after a kill repeats nothing that holds and leaves nothing out.
"""

import time
from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from annotations.models import Suggestion
from tasks_app.fields.base import Field
from tasks_app.fields.problem import Rejected
from tasks_app.models import Item
from training import background, serving
from training.besides import BESIDE
from training.engine.errors import EngineError
from training.models import Preannotation
from training.snapshots import current_fields

CHUNK = 64
TURN = 60.0  # seconds


class Unsuited(Exception):
    """The field that the version answers is not there any more."""


def execute(wish_id: UUID) -> bool:
    """Take up a queued wish and work for a minute; whether something is left to do.

    A second delivery finds nothing to take up.
    """
    wish = background.claim(Preannotation, wish_id)
    if wish is None:
        return False
    with background.ending(wish, EngineError, Unsuited, OSError):
        return _work(wish, until=time.monotonic() + TURN)
    return False


def _work(wish: Preannotation, *, until: float) -> bool:
    field = _field(wish)
    while chunk := list(_next(wish)):
        if time.monotonic() > until:
            # Others wait for this worker as well; whoever is free next goes on.
            background.update(wish, state=background.State.QUEUED, claim=None, queued_at=timezone.now())
            return True
        _suggest(wish, field, chunk)
    done = background.State.DONE
    background.update(wish, state=done, claim=None, finished_at=timezone.now())
    return False


def open_items(project_id: UUID) -> QuerySet[Item]:
    """Those that nobody has answered. Gold is among them: the one without a suggestion would be the gold."""
    untouched = Q(state=Item.State.OPEN, submitted=0) | Q(gold__isnull=False)
    rows = Item.objects.filter(untouched, project=project_id, restricted=False)
    return rows.exclude(state=Item.State.WITHDRAWN)


def is_drawn(item_id: UUID, share: float) -> bool:
    """Whether an item is among those that get suggestions; the same for each version and each time."""
    return int.from_bytes(sha256(b"suggest" + item_id.bytes).digest()[:8], "big") < share * 2**64


def _next(wish: Preannotation) -> QuerySet[Item]:
    rows = open_items(wish.project_id).order_by("pk").only("payload")
    return (rows.filter(pk__gt=wish.cursor) if wish.cursor else rows)[:CHUNK]


def _suggest(wish: Preannotation, field: Field, chunk: Sequence[Item]) -> None:
    drawn = [item for item in chunk if is_drawn(item.pk, wish.share)]
    asked = _payloads(field, drawn)
    answers = serving.answers_in_background(wish.version, list(asked.values()))
    source = f"{wish.version.model.name} v{wish.version.number}"
    rows = [
        Suggestion(item=item, field=field.name, value=value, confidence=answer.confidence, source=source)
        for item, answer in zip(asked, answers, strict=True)
        if (value := _fitting(field, answer, item)) is not None
    ]
    with transaction.atomic():
        background.update(
            wish, cursor=chunk[-1].pk, seen=wish.seen + len(chunk), suggested=wish.suggested + len(rows)
        )
        Suggestion.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["item", "field"],
            update_fields=["value", "confidence", "source"],
        )


def _payloads(field: Field, items: Sequence[Item]) -> dict[Item, dict[str, Any]]:
    """What the version is asked. Links are drawn between the spans that people will see suggested."""
    if not field.refers:
        return {item: item.payload for item in items}
    spans: dict[UUID, dict[str, Any]] = {}
    rows = Suggestion.objects.filter(item__in=items, field__in=field.refers)
    for item_id, name, value in rows.values_list("item_id", "field", "value"):
        spans.setdefault(item_id, {})[name] = value
    whole = [item for item in items if len(spans.get(item.pk, {})) == len(set(field.refers))]
    return {item: {**item.payload, BESIDE: spans[item.pk]} for item in whole}


def _fitting(field: Field, answer: serving.Answer, item: Item) -> object:
    """The answer in the field's form of today; None for none, and for one that would be refused now."""
    if answer.value in (None, [], ""):
        return None
    try:
        return field.check(answer.value, item.payload, "")
    except Rejected:
        return None


def _field(wish: Preannotation) -> Field:
    found = next((f for f in current_fields(wish.project)[1] if f.name == wish.field), None)
    if found is None:
        raise Unsuited(f"The project has no field {wish.field!r} any more that a model can learn.")
    return found
