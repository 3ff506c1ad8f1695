"""Taking money back. Always by another transfer, with a reason, from what is still in the wallet, never more:
what a person has asked to be paid out is theirs, no wallet falls below zero, and nobody works off a debt."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.services.notifications import notify
from common import audit
from common.errors import Conflict, Invalid, NotFound, Problem
from common.gate import through_gate
from rewards.booking import Draft, Pot, book, escrow, lock
from rewards.models import Bonus, Entry, LedgerAccount, Transfer
from rewards.services.ledger import reversal_of

Kind = LedgerAccount.Kind
# After that a bonus is the person's for good; only an administrator can reverse a payment for an answer.
BONUS_WITHIN = timedelta(days=7)


@transaction.atomic
def reverse_bonus(*, bonus: Bonus, reason: str, actor: UUID, up_to: bool = False) -> int:
    """Take a bonus back within a week. Returns what came back; the same again when repeated."""
    if timezone.now() - bonus.created_at > BONUS_WITHIN:
        raise Conflict(_("A bonus can be taken back for 7 days."), code="too_late")
    taken = _take_back(bonus.key, {Transfer.Kind.BONUS}, reason, actor, up_to)
    Bonus.objects.filter(pk=bonus.pk).update(reversed_minor=taken)
    return taken


@transaction.atomic
def reverse_payment(*, key: str, reason: str, actor: UUID, up_to: bool = False) -> int:
    """Take back a payment or a bonus, named by its transfer's key. Administrators only: the caller checks."""
    taken = _take_back(key, {Transfer.Kind.PAY, Transfer.Kind.BONUS}, reason, actor, up_to)
    Bonus.objects.filter(key=key).update(reversed_minor=taken)
    return taken


def _take_back(key: str, kinds: set[Transfer.Kind], reason: str, actor: UUID, up_to: bool) -> int:
    """`up_to`: be content with what the wallet still holds; the rest is written off for good."""
    if not 3 <= len(reason.strip()) <= 200:
        detail = _("Say why the money is taken back, in 3 to 200 characters.")
        raise Invalid(detail, problems=[Problem("/reason", "required", detail)])
    original = Transfer.objects.filter(key=key, kind__in=kinds).first()
    if original is None:
        raise NotFound(_("There is no such payment."))
    legs = {
        Pot(entry.account.kind, entry.account.owner, entry.account.currency): entry.amount
        for entry in original.entries.select_related("account")
    }
    target = next(pot for pot in legs if pot.kind == Kind.WALLET)
    source = next(pot for pot in legs if pot.kind != Kind.WALLET)
    back = escrow(source.owner, source.currency) if source.owner else source
    held = lock([source, back, target])[target].balance
    done = Entry.objects.filter(transfer__key=f"reversal:{original.pk}", account__kind=Kind.WALLET).first()
    if done is not None:
        return -done.amount
    amount = min(legs[target], held) if up_to else legs[target]
    if amount == 0:
        raise Conflict(
            _("Nothing of it is left in the wallet."), code="insufficient_funds", missing_minor=legs[target]
        )
    drafts = [reversal_of(key, actor=actor, memo=through_gate(reason)[:200], amount_minor=amount)]
    if source != back:  # what was reserved for that answer is not needed for it any more
        drafts.append(
            Draft(
                key=f"release:reversal:{original.pk}",
                kind=Transfer.Kind.RELEASE,
                legs={source: -amount, back: amount},
                actor=actor,
            )
        )
    book(drafts)
    _tell(original, target, amount, reason, actor)
    return amount


def _tell(original: Transfer, target: Pot, amount: int, reason: str, actor: UUID) -> None:
    audit.record("payment.reversed", original, actor=actor, amount_minor=amount, note=reason)
    if target.owner is not None:
        notify(
            user_id=target.owner,
            kind="payment_reversed",
            url="/earnings/",
            project=original.memo,
            amount_minor=amount,
            currency=target.currency,
            reason=reason,
        )
