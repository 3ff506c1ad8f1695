"""A bank's website and a person: the batch is downloaded as CSV, and its lines are marked by hand."""

import csv
from collections.abc import Sequence
from io import StringIO

from rewards.providers.base import BatchOrder, BatchStatus, PayoutOrder

COLUMNS = ["payout", "holder", "account", "bic", "amount", "currency", "reference"]


class ManualProvider:
    name = "manual"
    needs_address = False
    reports = False

    def submit(self, batch: BatchOrder) -> str:
        return batch.key

    def status(self, key: str) -> BatchStatus:
        return BatchStatus(known=True)


def as_csv(orders: Sequence[PayoutOrder]) -> str:
    """One line a payout. What people typed cannot become a formula in a spreadsheet."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for order in orders:
        holder, account, bic = (
            (order.address.holder, order.address.account, order.address.bic) if order.address else ("",) * 3
        )
        words = [_harmless(word) for word in (holder, account, bic)]
        writer.writerow([order.key, *words, f"{order.amount:f}", order.currency, order.key])
    return out.getvalue()


def _harmless(word: str) -> str:
    """OWASP, "CSV injection": a leading =, +, -, @, tab or return is what spreadsheets calculate with."""
    return f"'{word}" if word.startswith(("=", "+", "-", "@", "\t", "\r")) else word
