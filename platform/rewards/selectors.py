"""Reads of the ledger. Balances are columns, so that none of these ever adds up entries."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Sum

from rewards.models import Entry, LedgerAccount, Payout, PayoutAddress

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
    """Per currency: waiting for a decision, ready to be paid out, asked for and on its way, arrived."""

    pending: tuple[Money, ...]
    available: tuple[Money, ...]
    underway: tuple[Money, ...]
    paid: tuple[Money, ...]


PendingSource = Callable[[UUID], dict[str, int]]
_pending_sources: list[PendingSource] = []


def register_pending_source(source: PendingSource) -> None:
    """A higher app tells what a person has earned but nobody has approved yet: currency -> minor units."""
    if source not in _pending_sources:
        _pending_sources.append(source)


def project_balance(project_id: UUID, currency: str) -> ProjectBalance:
    return project_balances([(project_id, currency)])[project_id, currency]


def project_balances(projects: Sequence[tuple[UUID, str]]) -> dict[tuple[UUID, str], ProjectBalance]:
    """The balance of each (project, currency), in one query."""
    rows: dict[tuple[UUID | None, str], dict[str, tuple[int, int]]] = {}
    accounts = LedgerAccount.objects.filter(
        owner__in={owner for owner, _currency in projects}, kind__in=[Kind.ESCROW, Kind.RESERVED]
    )
    for owner, currency, kind, balance, spent in accounts.values_list(
        "owner", "currency", "kind", "balance", "spent"
    ):
        rows.setdefault((owner, currency), {})[kind] = (balance, spent)
    return {one: _balance(rows.get(one, {})) for one in projects}


def _balance(pots: Mapping[str, tuple[int, int]]) -> ProjectBalance:
    (free, given), (held, paid) = pots.get(Kind.ESCROW, (0, 0)), pots.get(Kind.RESERVED, (0, 0))
    return ProjectBalance(escrow=free, reserved=held, paid=paid + given)


def earnings(user_id: UUID) -> Earnings:
    """What a person has earned, for the page and for REST."""
    pending: Counter[str] = Counter()
    for source in _pending_sources:
        pending.update(source(user_id))
    pots = LedgerAccount.objects.filter(kind__in=[Kind.WALLET, Kind.PAYABLE], owner=user_id)
    underway: Counter[str] = Counter()
    available: Counter[str] = Counter()
    paid: Counter[str] = Counter()
    for pot in pots:
        (available if pot.kind == Kind.WALLET else underway)[pot.currency] += pot.balance
        paid[pot.currency] += pot.spent
    return Earnings(
        pending=_amounts(pending),
        available=tuple(Money(amount, currency) for currency, amount in sorted(available.items())),
        underway=_amounts(underway),
        paid=_amounts(paid),
    )


def _amounts(sums: Counter[str]) -> tuple[Money, ...]:
    return tuple(Money(amount, currency) for currency, amount in sorted(sums.items()) if amount)


def wallet_currencies(user_id: UUID) -> list[str]:
    rows = LedgerAccount.objects.filter(kind=Kind.WALLET, owner=user_id).order_by("currency")
    return list(rows.values_list("currency", flat=True))


def currency_of_transfer(key: str) -> str:
    found = Entry.objects.filter(transfer__key=key).values_list("account__currency", flat=True).first()
    return found or ""


def waiting_without_address() -> int:
    """Payouts that a provider which needs an address cannot take."""
    known = PayoutAddress.objects.values("user")
    return Payout.objects.filter(state=Payout.State.REQUESTED).exclude(user__in=known).count()


@dataclass(frozen=True)
class SiteTotal:
    """What the site holds for others in one currency: projects' money, people's, and what is on its way."""

    currency: str
    projects: int
    wallets: int
    payable: int


def site_totals() -> list[SiteTotal]:
    sums: dict[str, Counter[str]] = {}
    rows = LedgerAccount.objects.values("currency", "kind").annotate(n=Sum("balance"))
    for currency, kind, n in rows.values_list("currency", "kind", "n"):
        sums.setdefault(currency, Counter())[kind] += n
    return [
        SiteTotal(code, held[Kind.ESCROW] + held[Kind.RESERVED], held[Kind.WALLET], held[Kind.PAYABLE])
        for code, held in sorted(sums.items())
    ]
