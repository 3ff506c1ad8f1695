"""Reads of the ledger. Balances are columns, so that none of these ever adds up entries."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from rewards.models import LedgerAccount

Kind = LedgerAccount.Kind


@dataclass(frozen=True)
class Money:
    """`amount_minor` in the currency's smallest unit."""

    amount_minor: int
    currency: str

    def to_json(self) -> dict[str, int | str]:
        return {"amount_minor": self.amount_minor, "currency": self.currency}


@dataclass(frozen=True)
class ProjectBalance:
    """Minor units: free to promise, promised, and paid to people so far."""

    escrow: int
    reserved: int
    paid: int


@dataclass(frozen=True)
class Earnings:
    """Per currency: waiting for a decision, ready to be paid out, paid out so far."""

    pending: tuple[Money, ...]
    available: tuple[Money, ...]
    paid: tuple[Money, ...]


PendingSource = Callable[[UUID], dict[str, int]]
_pending_sources: list[PendingSource] = []


def register_pending_source(source: PendingSource) -> None:
    """A higher app tells what a person has earned but nobody has approved yet: currency -> minor units."""
    if source not in _pending_sources:
        _pending_sources.append(source)


def project_balance(project_id: UUID, currency: str) -> ProjectBalance:
    rows = {
        kind: (balance, spent)
        for kind, balance, spent in LedgerAccount.objects.filter(
            owner=project_id, currency=currency, kind__in=[Kind.ESCROW, Kind.RESERVED]
        ).values_list("kind", "balance", "spent")
    }
    held, paid = rows.get(Kind.RESERVED, (0, 0))
    return ProjectBalance(escrow=rows.get(Kind.ESCROW, (0, 0))[0], reserved=held, paid=paid)


def earnings(user_id: UUID) -> Earnings:
    """What a person has earned, for the page and for REST."""
    pending: Counter[str] = Counter()
    for source in _pending_sources:
        pending.update(source(user_id))
    wallets = list(LedgerAccount.objects.filter(kind=Kind.WALLET, owner=user_id).order_by("currency"))
    return Earnings(
        pending=tuple(Money(amount, currency) for currency, amount in sorted(pending.items()) if amount),
        available=tuple(Money(row.balance, row.currency) for row in wallets),
        paid=tuple(Money(row.spent, row.currency) for row in wallets if row.spent),
    )
