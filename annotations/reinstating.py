"""A rejected answer was right after all: it counts again, is paid in full, and nothing of it sticks."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from annotations import approval, tasks
from annotations.models import Answer, Appeal, FieldFit
from annotations.partial_pay import release_partial
from common.queueing import enqueue_on_commit
from rewards.services import ledger
from tasks_app.models import Item


def reinstate(answers: Sequence[Answer], item: Item) -> None:
    """Approve and pay rejected answers of a locked item, in a transaction; open appeals are won by it. What
    is rejected no more stays as it is: money is found for each answer once.

    A slot was opened for somebody else: it is taken back if it is still free, else the money comes from the
    escrow (Conflict, insufficient_funds, if there is none).
    """
    ids = [answer.pk for answer in answers]
    rejected = Answer.objects.filter(pk__in=ids, state=Answer.State.REJECTED)
    if not rejected.update(state=Answer.State.PENDING, category=""):
        return
    approved = approval.approve(ids)
    owed = {row.id: row.reward_minor or 0 for row in approved}
    for answer in answers:
        if answer.pk in owed:
            _find_money(answer, item, owed[answer.pk])
    approval.pay(approved)
    open_appeals = Appeal.objects.filter(answer__in=ids, state=Appeal.State.OPEN)
    open_appeals.update(state=Appeal.State.UPHELD, decided_at=timezone.now())
    Item.objects.filter(pk=item.pk).update(needs_aggregation=True)
    fit_anew(item.project_id)
    enqueue_on_commit(tasks.aggregate_item, item.pk)


def _find_money(answer: Answer, item: Item, owed: int) -> None:
    free = Item.objects.filter(pk=item.pk, taken__lt=F("slots"), state=Item.State.OPEN)
    slotted = answer.assignment_id and not answer.extra
    if slotted and free.update(taken=F("taken") + 1, submitted=F("submitted") + 1):
        release_partial(answer)
    elif owed:
        ledger.reserve(
            project_id=answer.project_id,
            currency=answer.project.currency,
            amount_minor=owed,
            key=f"reserve:appeal:{answer.pk}",
        )


def fit_anew(project_id: UUID) -> None:
    """The number of answers is what it was, so the next round has to be told that they weigh differently."""
    FieldFit.objects.filter(project_id=project_id).update(answers=0)
