"""What a person is still to be paid stands in the way of erasing their account: the money is theirs."""

from collections import Counter
from collections.abc import Iterable

from django.utils.translation import gettext as _

from common.currencies import show_money
from privacy.holders import Obstacle, Subject
from rewards.models import Payout
from rewards.selectors import Money, earnings

_UNDERWAY = (Payout.State.BATCHED, Payout.State.SENT, Payout.State.UNKNOWN)


def of_earnings(subject: Subject) -> list[Obstacle]:
    """What is on its way must arrive; all other money can be taken out first, or given up."""
    if subject.account is None:
        return []
    payouts = Payout.objects.filter(user=subject.account, state__in=_UNDERWAY)
    moving: Counter[str] = Counter()
    for currency, amount in payouts.values_list("currency", "amount_minor"):
        moving[currency] += amount
    owed = earnings(subject.account)
    free = _sum(owed.pending) + _sum(owed.available) + _sum(owed.underway)
    free.subtract(moving)
    found = []
    if words := _said(free):
        text = _("You have earned %(amounts)s and not been paid. Ask for a payout first, or give it up.")
        found.append(Obstacle("earnings", text % {"amounts": words}, waivable=True))
    if words := _said(moving):
        text = _("%(amounts)s are on their way to you. Wait until they have arrived.")
        found.append(Obstacle("payout_underway", text % {"amounts": words}))
    return found


def _sum(amounts: Iterable[Money]) -> Counter[str]:
    return Counter({money.currency: money.amount_minor for money in amounts})


def _said(amounts: Counter[str]) -> str:
    return ", ".join(
        show_money(amount, currency) for currency, amount in sorted(amounts.items()) if amount > 0
    )
