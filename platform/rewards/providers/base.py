"""What a payment provider has to do. Knows no Django: an adapter can be tried against a bank on its own.

The promise that keeps people from being paid twice: `submit` with a key that the provider has taken before
does nothing and answers as it did then. An adapter to a provider that cannot promise this has to look first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol

LineState = Literal["pending", "paid", "failed"]


@dataclass(frozen=True, slots=True)
class Address:
    """Where money goes: the account's holder, its IBAN or number, and the bank's BIC where one is needed."""

    holder: str
    account: str
    bic: str = ""


@dataclass(frozen=True, slots=True)
class PayoutOrder:
    """One line of a batch. `key` (32 hexadecimal digits) names it for ever, at the provider too."""

    key: str
    amount: Decimal
    currency: str
    address: Address | None


@dataclass(frozen=True, slots=True)
class BatchOrder:
    """`created_at` belongs to the batch, not to the try: a repeated submission is the same to the letter."""

    key: str
    currency: str
    created_at: datetime
    orders: Sequence[PayoutOrder]


@dataclass(frozen=True, slots=True)
class LineStatus:
    state: LineState
    reason: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class BatchStatus:
    """`known`: False only when the provider is certain that it never took this key; it may be sent again."""

    known: bool
    lines: Mapping[str, LineStatus] = field(default_factory=dict)


class ProviderRefused(Exception):
    """A definite no: the provider took nothing of the batch."""


class ProviderUncertain(Exception):
    """No answer, or none that says whether the batch was taken. Ask later; never pay back before knowing."""


class PayoutProvider(Protocol):
    name: str
    needs_address: bool
    # Whether the provider tells how lines ended; without that a person marks them.
    reports: bool

    def submit(self, batch: BatchOrder) -> str:
        """Hand a batch over, once for its key, and return the provider's reference."""
        ...

    def status(self, key: str) -> BatchStatus:
        """What became of the batch; ProviderUncertain when that cannot be found out now."""
        ...
