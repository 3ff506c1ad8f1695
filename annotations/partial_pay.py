"""A share of the pay for answers that are rejected although somebody tried, as far as the project's rules go.

Rejected answers leave their slots, and the money for these, to other people. So the share comes from the
escrow; where that is short, from some of the slots themselves, which then do not open again.
"""

import math
from collections.abc import Sequence

from django.db import transaction
from django.db.models import F

from annotations.models import Answer
from common.errors import Conflict
from common.ids import uuid7
from rewards.services import ledger
from rewards.services.ledger import Payment
from tasks_app.models import Item, Project


def share_of(reward_minor: int, share: float) -> int:
    """Rounded to whole minor units, halves up: 50 % of 5 cents are 3."""
    return math.floor(reward_minor * share + 0.5)


def pay_in_good_faith(project: Project, item: Item, rejected: Sequence[Answer]) -> int:
    """Pay the project's share for answers of a locked item whose slots are free again, each at most once.

    Returns how many of those slots had to be given up for it.
    """
    paid = [
        answer
        for answer in rejected
        if answer.assignment is not None and not answer.extra and not answer.partial_minor
    ]
    for answer in paid:
        reward = answer.assignment.reward_minor if answer.assignment else 0
        answer.partial_minor = share_of(reward, project.pay_rejected_share)
    total = sum(answer.partial_minor for answer in paid)
    if not total:
        return 0
    given_up = 0 if _reserve(project, total) else _give_up_slots(project, item, total)
    payments = [
        Payment(
            worker_id=answer.worker_id,
            amount_minor=answer.partial_minor,
            key=f"partial:{answer.pk}",
            memo=project.title,
        )
        for answer in paid
        if answer.partial_minor
    ]
    ledger.pay(project_id=project.pk, currency=project.currency, payments=payments)
    Answer.objects.bulk_update(paid, ["partial_minor"])
    return given_up


def _reserve(project: Project, amount_minor: int) -> bool:
    held = ledger.balances(project_id=project.pk, currency=project.currency)
    most = project.budget_minor
    if most is not None and held.reserved + held.paid + amount_minor > most:
        return False
    try:
        with transaction.atomic():
            ledger.reserve(
                project_id=project.pk,
                currency=project.currency,
                amount_minor=amount_minor,
                key=f"reserve:partial:{uuid7()}",
            )
    except Conflict:
        return False
    return True


def _give_up_slots(project: Project, item: Item, amount_minor: int) -> int:
    """The fewest slots whose money covers the amount; what is over goes back to the escrow."""
    count = math.ceil(amount_minor / project.reward_minor)
    Item.objects.filter(pk=item.pk).update(slots=F("slots") - count)
    over = count * project.reward_minor - amount_minor
    if over:
        ledger.release(
            project_id=project.pk,
            currency=project.currency,
            amount_minor=over,
            key=f"release:partial:{uuid7()}",
        )
    return count


def release_partial(answer: Answer) -> None:
    """The slot that an answer takes back holds its whole pay; what it got before is free again."""
    if answer.partial_minor:
        ledger.release(
            project_id=answer.project_id,
            currency=answer.project.currency,
            amount_minor=answer.partial_minor,
            key=f"release:partial:{answer.pk}",
        )
