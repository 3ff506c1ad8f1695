"""A month of money: what there was, what moved, what is left.

Opening balance and lines come out of one query, hence of one moment of the database: they add up whatever is
booked while we read, and one month's closing balance is the next one's opening.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from common.currencies import to_major
from common.spreadsheet import neutral
from rewards.models import LedgerAccount

Kind = LedgerAccount.Kind


@dataclass(frozen=True)
class Month:
    """A calendar month in a time zone."""

    year: int
    month: int
    zone: ZoneInfo

    @property
    def start(self) -> datetime:
        return datetime(self.year, self.month, 1, tzinfo=self.zone)

    @property
    def end(self) -> datetime:
        return self.next().start

    def next(self) -> "Month":
        return Month(self.year + self.month // 12, self.month % 12 + 1, self.zone)

    def previous(self) -> "Month":
        return Month(self.year - (self.month == 1), (self.month - 2) % 12 + 1, self.zone)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


def month_of(moment: datetime, zone: ZoneInfo) -> Month:
    local = moment.astimezone(zone)
    return Month(local.year, local.month, zone)


@dataclass(frozen=True)
class Line:
    at: datetime
    kind: str
    memo: str
    count: int
    amount_minor: int
    balance_minor: int


@dataclass(frozen=True)
class Statement:
    month: Month
    currency: str
    opening_minor: int
    lines: tuple[Line, ...]
    closing_minor: int


def person_statement(user_id: UUID, month: Month, currency: str) -> Statement:
    """Every movement of a person's wallet."""
    pots = _pots(user_id, [Kind.WALLET], currency)
    return _statement(pots, month, currency, grouped=False)


def project_statement(project_id: UUID, month: Month, currency: str) -> Statement:
    """What came into a project and left it; its payments to people are summed up by day, as are other kinds.

    Setting money aside and back is no movement: escrow and reserve are one purse here.
    """
    pots = _pots(project_id, [Kind.ESCROW, Kind.RESERVED], currency)
    return _statement(pots, month, currency, grouped=True)


def _pots(owner: UUID, kinds: Sequence[str], currency: str) -> list[UUID]:
    rows = LedgerAccount.objects.filter(owner=owner, kind__in=kinds, currency=currency)
    return list(rows.values_list("pk", flat=True))


# One transfer between two pots of the same owner (a reservation) sums up to nothing and is left out.
_MOVED = """
WITH moved AS (
    SELECT t.id, t.created_at AS at, t.kind, t.memo, sum(e.amount) AS amount
    FROM rewards_entry e JOIN rewards_transfer t ON t.id = e.transfer_id
    WHERE e.account_id = ANY(%(pots)s::uuid[]) AND t.created_at < %(end)s
    GROUP BY t.id HAVING sum(e.amount) <> 0
)
"""
_LINES = f"""{_MOVED}
SELECT at, kind, memo, 1, amount FROM moved WHERE at >= %(start)s
UNION ALL SELECT NULL, '', '', 0, coalesce(sum(amount), 0) FROM moved WHERE at < %(start)s
ORDER BY 1 NULLS FIRST, 2, 5
"""  # noqa: S608 - only our own text is put in
_DAYS = f"""{_MOVED}
SELECT max(at), kind, CASE WHEN count(*) = 1 THEN max(memo) ELSE '' END, count(*), sum(amount) FROM moved
WHERE at >= %(start)s GROUP BY (at AT TIME ZONE %(zone)s)::date, kind, amount > 0
UNION ALL SELECT NULL, '', '', 0, coalesce(sum(amount), 0) FROM moved WHERE at < %(start)s
ORDER BY 1 NULLS FIRST, 2, 5
"""  # noqa: S608 - only our own text is put in


def _statement(pots: Sequence[UUID], month: Month, currency: str, *, grouped: bool) -> Statement:
    values: dict[str, Any] = {
        "pots": list(pots),
        "start": month.start,
        "end": month.end,
        "zone": month.zone.key,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DAYS if grouped else _LINES, values)
        (_none, _kind, _memo, _count, opening), *rows = cursor.fetchall()
    lines, balance = [], int(opening)
    for at, kind, memo, count, amount in rows:
        balance += int(amount)
        lines.append(Line(at, kind, memo, count, int(amount), balance))
    return Statement(month, currency, int(opening), tuple(lines), balance)


class _Echo:
    """csv writes into it and gets the line back."""

    def write(self, line: str) -> str:
        return line


def csv_lines(statement: Statement) -> Iterator[str]:
    """Opening balance, lines, closing balance. Amounts as plain decimals, times in the statement's zone."""
    writer = csv.writer(_Echo())
    zone = statement.month.zone

    def row(*cells: Any) -> str:
        return str(writer.writerow(cells))

    def money(minor: int) -> str:
        return f"{to_major(minor, statement.currency):f}"

    yield row(f"time ({zone.key})", "kind", "memo", "count", "amount", "balance", "currency")
    edge = statement.month
    yield row(
        edge.start.isoformat(), "opening", "", "", "", money(statement.opening_minor), statement.currency
    )
    for line in statement.lines:
        yield row(
            line.at.astimezone(zone).isoformat(timespec="seconds"),
            line.kind,
            neutral(line.memo),
            line.count,
            money(line.amount_minor),
            money(line.balance_minor),
            statement.currency,
        )
    yield row(edge.end.isoformat(), "closing", "", "", "", money(statement.closing_minor), statement.currency)
