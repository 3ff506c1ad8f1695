"""Taking an item away from everybody, also from those who are at work on it: they are paid their share."""

import math
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from accounts.services.notifications import notify
from common import audit
from common.ids import uuid7
from rewards.services import ledger
from rewards.services.ledger import Payment
from tasks_app.models import Assignment, Item, Project
from tasks_app.services import slots


@transaction.atomic
def withdraw_item(*, item_id: UUID, reason: str, actor: User, unpaid: User | None = None) -> int:
    """Show the item to nobody any more. Whoever holds it gets the share of its pay that the project promises
    for what we take back; the rest of their slots' money returns to the escrow. What was submitted is decided
    and paid as ever. Twice is harmless. `unpaid`: who asked for it. Returns how many held it.
    """
    slots.close_item(item_id=item_id, state=Item.State.WITHDRAWN)
    item = Item.objects.select_related("project").get(pk=item_id)
    # Whoever is handing in at this moment holds the lease's row and waits for the item: their answer stands.
    held = Assignment.objects.select_for_update(of=("self",), skip_locked=True).order_by("pk")
    live = list(held.filter(item=item, state=Assignment.State.LEASED))
    take_back(item=item, live=live, reason=reason, unpaid=unpaid)
    audit.record("item.withdrawn", item, actor=actor.pk, held=len(live))
    return len(live)


def take_back(*, item: Item, live: Sequence[Assignment], reason: str, unpaid: User | None = None) -> None:
    """End these leases of a locked item, whose rows are locked as well, and pay each holder their share."""
    if not live:
        return
    Assignment.objects.filter(pk__in=[row.pk for row in live]).update(
        state=Assignment.State.WITHDRAWN, closed_at=timezone.now(), reason=reason[:300]
    )
    Item.objects.filter(pk=item.pk).update(taken=F("taken") - len(live), slots=F("slots") - len(live))
    _pay(item.project, [row for row in live if unpaid is None or row.worker_id != unpaid.pk], len(live))


def _pay(project: Project, rows: Sequence[Assignment], count: int) -> None:
    """The money of all these slots: a share to each holder, the rest back to the project."""
    payments = [
        Payment(
            worker_id=row.worker_id,
            amount_minor=math.floor(row.reward_minor * project.pay_withdrawn_share + 0.5),
            key=f"withdrawn:{row.pk}",
            memo=project.title,
        )
        for row in rows
    ]
    paid = sum(one.amount_minor for one in payments)
    over = count * project.reward_minor - paid
    if over:
        ledger.release(
            project_id=project.pk,
            currency=project.currency,
            amount_minor=over,
            key=f"release:withdrawn:{uuid7()}",
        )
    if paid:
        ledger.pay(project_id=project.pk, currency=project.currency, payments=payments)
    for row, payment in zip(rows, payments, strict=True):
        notify(
            user_id=row.worker_id,
            kind="item_withdrawn",
            url="/work/",
            project=project.title,
            amount_minor=payment.amount_minor,
            currency=project.currency,
        )
