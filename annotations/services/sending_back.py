"""Decided items that a model disagrees with: somebody looks at them again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from annotations.gain import TEST_WEIGHT
from annotations.models import Consensus
from annotations.settling import FINAL, lock_items
from common import audit
from tasks_app.models import Item, Project
from tasks_app.services import slots

Suspected = dict[UUID, list[dict[str, Any]]]
# As much as if one label were surely wrong: ahead of the usual doubts, behind people who wait for their pay.
_GAIN = 1.0


@dataclass(frozen=True, slots=True)
class SentBack:
    """sent: fields of items that wait for a reviewer now. asked: items that one more person is asked about.
    skipped: what was waiting already, is not decided, or is not there."""

    sent: int
    asked: int
    skipped: int


@transaction.atomic
def send_back(
    *, project: Project, field: str, item_ids: Sequence[UUID], actor: User, ask_again: bool = False,
    suspected: Suspected | None = None,
) -> SentBack:  # fmt: skip
    """Put what was approved of `field` before a reviewer again, and with `ask_again` one more person first
    where the overlap and the money allow it. The reviewer sees what is `suspected` of an item.

    Nothing is unpaid by it, and no snapshot changes: what is decided now counts from the next one. Twice is
    harmless: an item that waits already is left as it is.
    """
    wanted = list(dict.fromkeys(item_ids))
    locked = Item.objects.filter(project=project, pk__in=wanted).exclude(state=Item.State.WITHDRAWN)
    items = {item.pk: item for item in lock_items(locked.values_list("pk", flat=True))}
    rows = list(
        Consensus.objects.filter(project=project, field=field, item__in=items, state__in=FINAL).order_by("pk")
    )
    for row in rows:
        weight = TEST_WEIGHT if items[row.item_id].split == "test" else 1.0
        row.state, row.cause = Consensus.State.REVIEW, Consensus.Cause.MODEL
        row.gain = max(row.gain, _GAIN * weight)
        row.suspected = (suspected or {}).get(row.item_id, [])
        row.save(update_fields=["state", "cause", "gain", "suspected", "updated_at"])
        audit.record(
            "consensus.sent_back",
            row,
            actor=actor.pk,
            field=field,
            item=str(row.item_id),
            ask_again=ask_again,
        )
    asked = sum(slots.add_slot(item_id=row.item_id) for row in rows) if ask_again else 0
    return SentBack(sent=len(rows), asked=asked, skipped=len(wanted) - len(rows))
