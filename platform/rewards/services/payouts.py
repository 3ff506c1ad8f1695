"""One payout from the request to its end. Its money is in the person's payable pot until the end is known.

requested -> batched -> sent -> paid | failed, with `unknown` between for as long as the provider has not said
whether it took the batch. Only a definite no puts money back into the wallet. Locks: batch, payouts, money.
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.services.notifications import notify
from common import audit
from common.errors import Conflict, Invalid, Problem
from common.gate import through_gate
from common.keys import short
from rewards.models import Payout
from rewards.providers.base import LineStatus
from rewards.services import ledger

State = Payout.State
_UNDERWAY = {State.SENT, State.UNKNOWN}
ENDED = {State.PAID, State.FAILED, State.CANCELLED}


@transaction.atomic
def request_payout(*, user_id: UUID, currency: str, amount_minor: int, key: str) -> Payout:
    """Ask for an amount, once for each `key`; never more than is available, however many ask at once."""
    name = f"payout:{user_id}:{short(key)}"
    ledger.hold_payout(user_id=user_id, currency=currency, amount_minor=amount_minor, key=name)
    values = {"user": user_id, "currency": currency, "amount_minor": amount_minor}
    payout, created = Payout.objects.get_or_create(key=name, defaults=values)
    if created:
        audit.record("payout.requested", payout, actor=user_id, amount_minor=amount_minor, currency=currency)
    return payout


def _lock(payout_id: UUID) -> Payout:
    return Payout.objects.select_for_update().get(pk=payout_id)


@transaction.atomic
def cancel_payout(*, payout_id: UUID, actor: UUID) -> Payout:
    """The person thought better of it, before a batch was built. Twice is harmless."""
    payout = _lock(payout_id)
    if payout.state == State.CANCELLED:
        return payout
    if payout.state != State.REQUESTED:
        raise Conflict(_("This payout is being prepared already."), code="too_late")
    _give_back(payout, State.CANCELLED, "", actor)
    return payout


@transaction.atomic
def mark_paid(*, payout_id: UUID, actor: UUID | None, reference: str = "") -> Payout:
    """The money has arrived. Twice is harmless."""
    payout = _lock(payout_id)
    if payout.state == State.PAID:
        return payout
    _refuse_unless_underway(payout)
    ledger.settle_payout(
        user_id=payout.user,
        currency=payout.currency,
        amount_minor=payout.amount_minor,
        key=f"settle:{payout.pk}",
        actor=actor,
    )
    _end(payout, State.PAID, "", actor, reference)
    return payout


@transaction.atomic
def mark_failed(*, payout_id: UUID, reason: str, actor: UUID | None) -> Payout:
    """It certainly did not arrive: the money goes back into the wallet. Twice is harmless."""
    payout = _lock(payout_id)
    if payout.state == State.FAILED:
        return payout
    _require_reason(reason)
    _refuse_unless_underway(payout)
    _give_back(payout, State.FAILED, reason, actor)
    return payout


@transaction.atomic
def mark_returned(*, payout_id: UUID, reason: str, actor: UUID | None) -> Payout:
    """A bank sent back what had been reported as paid: outside -> payable -> wallet. Twice is harmless."""
    payout = _lock(payout_id)
    if payout.state == State.FAILED:
        return payout
    _require_reason(reason)
    if payout.state != State.PAID:
        raise Conflict(_("Only what was paid can come back."), code="not_paid")
    ledger.reverse(key=f"settle:{payout.pk}", actor=actor, memo=through_gate(reason)[:200])
    _give_back(payout, State.FAILED, reason, actor)
    return payout


@transaction.atomic
def apply_status(*, payout_id: UUID, status: LineStatus) -> bool:
    """What the provider says of one line; True if something changed. A contradiction is kept for a person."""
    payout = _lock(payout_id)
    if status.state == "pending" or payout.state in {State.CANCELLED, State.REQUESTED, State.BATCHED}:
        return False
    if status.state == "paid" and payout.state in _UNDERWAY:
        mark_paid(payout_id=payout_id, actor=None, reference=status.reference)
    elif status.state == "failed" and payout.state in _UNDERWAY:
        mark_failed(payout_id=payout_id, reason=status.reason or _("refused by the bank"), actor=None)
    elif status.state == "failed" and payout.state == State.PAID:
        mark_returned(payout_id=payout_id, reason=status.reason or _("sent back by the bank"), actor=None)
    elif status.state == "paid" and payout.state == State.FAILED and not payout.disputed:
        # The money is in the wallet again, perhaps even asked for again: a machine must not decide this.
        Payout.objects.filter(pk=payout.pk).update(disputed=True)
        audit.record("payout.disputed", payout, actor=None, reference=status.reference)
    else:
        return False
    return True


def _require_reason(reason: str) -> None:
    if len(reason.strip()) < 3:
        detail = _("Say why, in at least 3 characters: the person is told.")
        raise Invalid(detail, problems=[Problem("/reason", "required", detail)])


def _refuse_unless_underway(payout: Payout) -> None:
    if payout.state not in _UNDERWAY:
        raise Conflict(_("This payout is not on its way."), code="not_sent")


def _give_back(payout: Payout, state: str, reason: str, actor: UUID | None) -> None:
    ledger.reverse(key=payout.key, actor=actor, memo=through_gate(reason)[:200])
    _end(payout, state, reason, actor)


def _end(payout: Payout, state: str, reason: str, actor: UUID | None, reference: str = "") -> None:
    payout.state, payout.reason, payout.closed_at = state, reason[:300], timezone.now()
    payout.reference = reference[:120] or payout.reference
    payout.save(update_fields=["state", "reason", "closed_at", "reference"])
    audit.record(f"payout.{state}", payout, actor=actor, amount_minor=payout.amount_minor)
    if state != State.CANCELLED:
        notify(
            user_id=payout.user,
            kind=f"payout_{state}",
            url="/earnings/",
            amount_minor=payout.amount_minor,
            currency=payout.currency,
            reason=reason,
        )
