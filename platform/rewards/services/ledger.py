"""What can happen to money. Every operation is one transaction and happens once for its key."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from common.errors import Conflict, Invalid, NotFound, Problem
from rewards import selectors
from rewards.booking import SPENDS, Draft, Pot, book, escrow, external, payable, reserved, wallet
from rewards.models import Entry, LedgerAccount, Transfer
from rewards.selectors import ProjectBalance


@dataclass(frozen=True, kw_only=True)
class Payment:
    """What one person is paid for one thing; `key` names that thing, so that it is paid once."""

    worker_id: UUID
    amount_minor: int
    key: str
    memo: str = ""


def _positive(amount_minor: int) -> None:
    if amount_minor <= 0:
        detail = _("Give an amount above zero, in minor units (cents).")
        raise Invalid(detail, problems=[Problem("/amount_minor", "range", detail)])


def _move(
    kind: str,
    source: Pot,
    target: Pot,
    amount_minor: int,
    key: str,
    *,
    actor: UUID | None = None,
    memo: str = "",
) -> None:
    _positive(amount_minor)
    draft = Draft(
        key=key, kind=kind, legs={source: -amount_minor, target: amount_minor}, memo=memo, actor=actor
    )
    with transaction.atomic():
        book([draft])


def fund_project(*, project_id: UUID, currency: str, amount_minor: int, key: str, actor: UUID | None) -> None:
    """Money comes from outside into the project's escrow."""
    _move(
        Transfer.Kind.FUND,
        external(currency),
        escrow(project_id, currency),
        amount_minor,
        f"fund:{project_id}:{key}",
        actor=actor,
    )


def withdraw(
    *, project_id: UUID, currency: str, amount_minor: int, key: str, actor: UUID | None, memo: str = ""
) -> None:
    """Money that is promised to nobody leaves the project's escrow again."""
    _move(
        Transfer.Kind.WITHDRAW,
        escrow(project_id, currency),
        external(currency),
        amount_minor,
        f"withdraw:{project_id}:{key}",
        actor=actor,
        memo=memo,
    )


def reserve(*, project_id: UUID, currency: str, amount_minor: int, key: str) -> None:
    """Promise escrow money to slots; Conflict(code="insufficient_funds", missing_minor=…) if short."""
    source, target = escrow(project_id, currency), reserved(project_id, currency)
    _move(Transfer.Kind.RESERVE, source, target, amount_minor, key)


def release(*, project_id: UUID, currency: str, amount_minor: int, key: str) -> None:
    """Take a promise back: the money is the project's to spend again."""
    source, target = reserved(project_id, currency), escrow(project_id, currency)
    _move(Transfer.Kind.RELEASE, source, target, amount_minor, key)


@transaction.atomic
def pay(*, project_id: UUID, currency: str, payments: Sequence[Payment]) -> int:
    """Pay people out of the project's reserve, each key exactly once. Returns how many were paid just now.

    What somebody would get who was erased meanwhile was given up with the account: it is the project's again.
    """
    source, back = reserved(project_id, currency), escrow(project_id, currency)
    due = [payment for payment in payments if payment.amount_minor > 0]
    erased = _erased({payment.worker_id for payment in due})
    drafts = [
        Draft(
            key=f"pay:{payment.key}",
            kind=Transfer.Kind.RELEASE if payment.worker_id in erased else Transfer.Kind.PAY,
            memo="" if payment.worker_id in erased else payment.memo,
            legs={
                source: -payment.amount_minor,
                back if payment.worker_id in erased else wallet(payment.worker_id, currency):
                    payment.amount_minor,
            },
        )
        for payment in due
    ]  # fmt: skip
    # What is left may still be released into the escrow, whose lock comes before those of the wallets.
    return len(book(drafts, later=[escrow(project_id, currency)]))


def _erased(people: set[UUID]) -> set[UUID]:
    return set(User.objects.filter(pk__in=people, erased_at__isnull=False).values_list("pk", flat=True))


def hold_payout(*, user_id: UUID, currency: str, amount_minor: int, key: str) -> None:
    """Take what a person asks for out of the wallet; never more than it holds, however many ask at once."""
    source, target = wallet(user_id, currency), payable(user_id, currency)
    _move(Transfer.Kind.PAYOUT, source, target, amount_minor, key, actor=user_id)


def settle_payout(
    *, user_id: UUID, currency: str, amount_minor: int, key: str, actor: UUID | None = None
) -> None:
    """What was held has arrived outside."""
    source, target = payable(user_id, currency), external(currency)
    _move(Transfer.Kind.SETTLE, source, target, amount_minor, key, actor=actor)


def waive_wallet(*, user_id: UUID, currency: str, amount_minor: int, key: str, actor: UUID | None) -> None:
    """A person gives up what they have earned; it leaves the books as what nobody here is owed any more."""
    _move(
        Transfer.Kind.WAIVE,
        wallet(user_id, currency),
        external(currency),
        amount_minor,
        f"waive:{user_id}:{key}:{currency}",
        actor=actor,
    )


@transaction.atomic
def reverse(*, key: str, actor: UUID | None, memo: str = "") -> None:
    """Undo a transfer by an opposite one; once. Conflict when the money is no longer there."""
    book([reversal_of(key, actor=actor, memo=memo)])


def reversal_of(key: str, *, actor: UUID | None, memo: str = "", amount_minor: int | None = None) -> Draft:
    """The opposite of a booked transfer between two pots; of a part of it, if `amount_minor` says so."""
    original = Transfer.objects.filter(key=key).first()
    if original is None:
        raise NotFound(_("There is no such transfer."))
    if original.kind == Transfer.Kind.REVERSAL:
        raise Conflict(_("A reversal cannot be reversed."), code="not_reversible")
    legs = {
        Pot(entry.account.kind, entry.account.owner, entry.account.currency): -entry.amount
        for entry in original.entries.select_related("account")
    }
    if amount_minor is not None:
        legs = {pot: amount_minor if amount > 0 else -amount_minor for pot, amount in legs.items()}
    spender = SPENDS.get(Transfer.Kind(original.kind))
    return Draft(
        key=f"reversal:{original.pk}",
        kind=Transfer.Kind.REVERSAL,
        legs=legs,
        memo=memo,
        actor=actor,
        spent={pot: -amount for pot, amount in legs.items() if pot.kind == spender},
    )


def is_booked(key: str) -> bool:
    return Transfer.objects.filter(key=key).exists()


def balances(*, project_id: UUID, currency: str) -> ProjectBalance:
    return selectors.project_balance(project_id, currency)


def balances_of_each(projects: Sequence[tuple[UUID, str]]) -> dict[tuple[UUID, str], ProjectBalance]:
    """Of each (project, currency)."""
    return selectors.project_balances(projects)


def statement(user: User) -> QuerySet[Entry]:
    """Every movement of a person's wallets, newest first."""
    return Entry.objects.filter(
        account__kind=LedgerAccount.Kind.WALLET, account__owner=user.pk
    ).select_related("transfer", "account")
