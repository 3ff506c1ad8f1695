"""Money that is held, owed and paid out, and what people are recognised for."""

from rewards.models.ledger import Bonus, Entry, LedgerAccount, Transfer
from rewards.models.payouts import Payout, PayoutAddress, PayoutBatch
from rewards.models.recognition import Activity, Badge, FairRate, Recognition, WorkedDay

__all__ = [
    "Activity",
    "Badge",
    "Bonus",
    "Entry",
    "FairRate",
    "LedgerAccount",
    "Payout",
    "PayoutAddress",
    "PayoutBatch",
    "Recognition",
    "Transfer",
    "WorkedDay",
]
