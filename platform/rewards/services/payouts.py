import hashlib

from django.db import transaction

from accounts.models import User
from common import audit
from rewards.models import Transfer
from rewards.services import ledger


@transaction.atomic
def request_payout(*, user: User, currency: str, amount_minor: int, key: str) -> Transfer:
    """Hand out an amount that the person named, once for each `key`; never more than is available."""
    # A client's key may be long; a transfer's key is not.
    digest = hashlib.sha256(key.encode()).hexdigest()[:40]
    transfer = ledger.payout(
        user_id=user.pk, currency=currency, amount_minor=amount_minor, key=digest, actor=user.pk
    )
    audit.record("payout.requested", transfer, actor=user.pk, amount_minor=amount_minor, currency=currency)
    return transfer
