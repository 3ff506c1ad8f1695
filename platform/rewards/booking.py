"""The one place that moves money: locks pots in a global order, books each transfer once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext as _
from psycopg2.extras import execute_values

from common.errors import Conflict
from common.ids import uuid7
from rewards.models import Entry, LedgerAccount, Transfer

Kind = LedgerAccount.Kind
# Every operation locks along this order, then by owner and currency, so that no two can wait for each other.
_LOCK_ORDER = {Kind.ESCROW: 0, Kind.RESERVED: 1, Kind.WALLET: 2, Kind.PAYABLE: 3, Kind.EXTERNAL: 4}
# Money that comes (back) through these was spent by the pot it leaves, and unspent by the one it returns to.
SPENDS = {
    Transfer.Kind.PAY: Kind.RESERVED,
    Transfer.Kind.BONUS: Kind.ESCROW,
    Transfer.Kind.SETTLE: Kind.PAYABLE,
}


class Pot(NamedTuple):
    """The name of an account: known before the row is."""

    kind: str
    owner: UUID | None
    currency: str

    def place(self) -> tuple[int, str, str]:
        return _LOCK_ORDER[Kind(self.kind)], str(self.owner or ""), self.currency


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A transfer not yet booked. `legs`: what each pot gains or (negative) loses, in minor units."""

    key: str
    kind: str
    legs: Mapping[Pot, int]
    memo: str = ""
    actor: UUID | None = None
    spent: Mapping[Pot, int] | None = None


def escrow(project_id: UUID, currency: str) -> Pot:
    return Pot(Kind.ESCROW, project_id, currency)


def reserved(project_id: UUID, currency: str) -> Pot:
    return Pot(Kind.RESERVED, project_id, currency)


def wallet(user_id: UUID, currency: str) -> Pot:
    return Pot(Kind.WALLET, user_id, currency)


def payable(user_id: UUID, currency: str) -> Pot:
    return Pot(Kind.PAYABLE, user_id, currency)


def external(currency: str) -> Pot:
    return Pot(Kind.EXTERNAL, None, currency)


def lock(pots: Iterable[Pot]) -> dict[Pot, LedgerAccount]:
    """The accounts with their rows locked until the transaction ends; missing ones are made."""
    wanted = sorted(set(pots), key=Pot.place)
    locked = _lock_known(wanted)
    if missing := [pot for pot in wanted if pot not in locked]:
        _create(missing)
        locked |= _lock_known(missing)
    return locked


def _lock_known(wanted: Sequence[Pot]) -> dict[Pot, LedgerAccount]:
    """PostgreSQL locks rows after sorting them; what we sort by never changes, so the order is certain."""
    if not wanted:
        return {}
    named = reduce(or_, (Q(**pot._asdict()) for pot in wanted))
    rank = Case(*(When(kind=kind, then=Value(place)) for kind, place in _LOCK_ORDER.items()))
    rows = LedgerAccount.objects.select_for_update().filter(named).order_by(rank, "owner", "currency")
    return {Pot(row.kind, row.owner, row.currency): row for row in rows}


def _create(pots: Sequence[Pot]) -> None:
    accounts = [LedgerAccount(**pot._asdict()) for pot in pots]
    LedgerAccount.objects.bulk_create(accounts, ignore_conflicts=True)


def book(drafts: Sequence[Draft], *, later: Sequence[Pot] = ()) -> list[Draft]:
    """Book what was not booked yet, and return that; a key that is known with other legs is refused.

    Call it inside a transaction. `later`: pots that the transaction may still move, locked here in order.
    A pot that would fall below zero raises Conflict(code="insufficient_funds").
    """
    accounts = lock([*later, *(pot for draft in drafts for pot in draft.legs)])
    new = _insert_transfers(drafts)
    fresh = [draft for draft in drafts if draft.key in new]
    if len(fresh) < len(drafts):
        _refuse_other_legs([draft for draft in drafts if draft.key not in new])
    change: dict[Pot, int] = defaultdict(int)
    spent: dict[Pot, int] = defaultdict(int)
    for draft in fresh:
        for pot, amount in draft.legs.items():
            change[pot] += amount
        for pot, amount in _spent_by(draft).items():
            spent[pot] += amount
    _refuse_overdraft(accounts, change)
    _insert_entries(fresh, new, accounts)
    _update_balances([(accounts[pot].pk, amount, spent[pot]) for pot, amount in change.items()])
    return fresh


def _update_balances(changes: Sequence[tuple[UUID, int, int]]) -> None:
    """The rows are locked already, so one statement may take them in any order."""
    if not changes:
        return
    with connection.cursor() as cursor:
        execute_values(
            cursor,
            "UPDATE rewards_ledgeraccount a SET balance = a.balance + c.amount, spent = a.spent + c.spent "
            "FROM (VALUES %s) AS c (id, amount, spent) WHERE a.id = c.id",
            changes,
            template="(%s::uuid, %s::bigint, %s::bigint)",
            page_size=len(changes),
        )


def _spent_by(draft: Draft) -> Mapping[Pot, int]:
    if draft.spent is not None:
        return draft.spent
    source = SPENDS.get(Transfer.Kind(draft.kind))
    return {pot: -amount for pot, amount in draft.legs.items() if pot.kind == source}


def _insert_transfers(drafts: Sequence[Draft]) -> dict[str, UUID]:
    """Key -> id of those that are new. The unique key is what makes a repeated payment impossible."""
    if not drafts:
        return {}
    rows = [(uuid7(), draft.key, draft.kind, draft.memo[:200], draft.actor) for draft in drafts]
    with connection.cursor() as cursor:
        found = execute_values(
            cursor,
            "INSERT INTO rewards_transfer (id, key, kind, memo, actor, created_at) VALUES %s "
            "ON CONFLICT (key) DO NOTHING RETURNING key, id",
            rows,
            template="(%s::uuid, %s, %s, %s, %s::uuid, clock_timestamp())",
            page_size=len(rows),
            fetch=True,
        )
    return dict(found)


def _insert_entries(
    drafts: Sequence[Draft], ids: Mapping[str, UUID], accounts: Mapping[Pot, LedgerAccount]
) -> None:
    Entry.objects.bulk_create(
        [
            Entry(transfer_id=ids[draft.key], account=accounts[pot], amount=amount)
            for draft in drafts
            for pot, amount in draft.legs.items()
        ]
    )


def _refuse_overdraft(accounts: Mapping[Pot, LedgerAccount], change: Mapping[Pot, int]) -> None:
    for pot, amount in change.items():
        after = accounts[pot].balance + amount
        if after < 0 and pot.kind != Kind.EXTERNAL:
            raise Conflict(_MISSING[Kind(pot.kind)](), code="insufficient_funds", missing_minor=-after)


def _refuse_other_legs(known: Sequence[Draft]) -> None:
    booked: dict[str, set[tuple[object, ...]]] = defaultdict(set)
    entries = Entry.objects.filter(transfer__key__in=[draft.key for draft in known])
    for key, *leg in entries.values_list(
        "transfer__key", "account__kind", "account__owner", "account__currency", "amount"
    ):
        booked[key].add(tuple(leg))
    for draft in known:
        if booked[draft.key] != {(*pot, amount) for pot, amount in draft.legs.items()}:
            raise Conflict(
                _("This key was already used to move another amount. Use a new key for a new transfer."),
                code="idempotency_key_reused",
            )


_MISSING = {
    Kind.ESCROW: lambda: _("The project's escrow does not hold that much. Fund the project first."),
    Kind.RESERVED: lambda: _("The project has not set that much aside for answers."),
    Kind.WALLET: lambda: _("There is less than that available. Ask for at most what is available."),
    Kind.PAYABLE: lambda: _("Less than that is on its way."),
}
