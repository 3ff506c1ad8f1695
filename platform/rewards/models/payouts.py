from django.db import models
from django.db.models import Q

from common.gate import TypedChar
from common.ids import uuid7


class PayoutAddress(models.Model):
    """Where a person wants money sent, sealed like the vault. Never shown to anyone but its owner."""

    user = models.UUIDField(primary_key=True)
    nonce = models.BinaryField(max_length=12)
    sealed = models.BinaryField()
    key_id = models.CharField(max_length=16, blank=True, db_default="", default="")
    hint = models.CharField(max_length=12)  # the account's last four characters
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"…{self.hint}"


class PayoutBatch(models.Model):
    """Payouts of one currency that go to a provider together. `key` is what the provider knows it by."""

    class State(models.TextChoices):
        OPEN = "open"
        SENDING = "sending"  # handed over, or about to be; only the provider knows
        SENT = "sent"
        DONE = "done"
        DISCARDED = "discarded"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(max_length=120, unique=True)
    provider = models.CharField(max_length=20)
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    payouts_count = models.PositiveIntegerField(default=0)
    total_minor = models.BigIntegerField(default=0)
    reference = models.CharField(max_length=120, blank=True)
    problem = TypedChar(max_length=300, blank=True)
    actor = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    tried_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["tried_at"], condition=Q(state__in=["sending", "sent"]), name="payout_batch_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.currency} {self.state}"


class Payout(models.Model):
    """One person's request for money; its money waits in the person's payable pot until the end is known."""

    class State(models.TextChoices):
        REQUESTED = "requested"
        BATCHED = "batched"
        SENT = "sent"
        UNKNOWN = "unknown"  # the provider did not say whether it took it
        PAID = "paid"
        FAILED = "failed"  # the money is back in the wallet
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(max_length=120, unique=True)  # of the transfer that holds its money
    user = models.UUIDField()
    currency = models.CharField(max_length=3)
    amount_minor = models.PositiveBigIntegerField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.REQUESTED)
    batch = models.ForeignKey(PayoutBatch, on_delete=models.PROTECT, null=True, related_name="payouts")
    # The address as it was when the batch was built: a later change must not redirect what is on its way.
    nonce = models.BinaryField(max_length=12, null=True)
    sealed = models.BinaryField(null=True)
    key_id = models.CharField(max_length=16, blank=True, db_default="", default="")
    reference = models.CharField(max_length=120, blank=True)
    reason = TypedChar(max_length=300, blank=True)
    # The provider contradicted itself after the money was settled: somebody has to look.
    disputed = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-id"], name="payout_history"),
            models.Index(fields=["currency", "id"], condition=Q(state="requested"), name="payout_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor} {self.currency} {self.state}"
