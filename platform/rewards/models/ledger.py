from django.db import models
from django.db.models import Q

from common.gate import TypedChar
from common.ids import uuid7


class LedgerAccount(models.Model):
    """A pot of money in minor units. Only `external` (the world outside) may fall below zero."""

    class Kind(models.TextChoices):
        EXTERNAL = "external"  # where funding comes from and payouts go
        ESCROW = "escrow"  # a project's money that is promised to nobody yet
        RESERVED = "reserved"  # a project's money promised to its open slots and undecided answers
        WALLET = "wallet"  # what a person has earned and not yet asked for
        PAYABLE = "payable"  # what a person has asked for and not yet been seen to get

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    # A user's or a project's id; no foreign key, so that the ledger outlives an erased person.
    owner = models.UUIDField(null=True)
    currency = models.CharField(max_length=3)
    balance = models.BigIntegerField(default=0)
    # What has left it for good: payments to people, payouts that arrived. Kept beside the balance, so that
    # "paid so far" never has to add up a million entries.
    spent = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "owner", "currency"], name="ledger_account_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=models.Q(kind="external") | models.Q(balance__gte=0), name="ledger_never_overdrawn"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.owner} {self.currency}"


class Transfer(models.Model):
    """Money moved once, for one reason. Never updated or deleted; a mistake is reversed by another one."""

    class Kind(models.TextChoices):
        FUND = "fund"
        WITHDRAW = "withdraw"
        RESERVE = "reserve"
        RELEASE = "release"
        PAY = "pay"
        BONUS = "bonus"
        REVERSAL = "reversal"
        PAYOUT = "payout"
        SETTLE = "settle"
        WAIVE = "waive"  # given up by the person, who had the account erased

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    memo = models.CharField(max_length=200, blank=True)
    actor = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.key


class Entry(models.Model):
    """One leg of a transfer: what `account` gains (positive) or loses. A transfer's legs add up to zero."""

    id = models.BigAutoField(primary_key=True)
    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="entries")
    account = models.ForeignKey(LedgerAccount, on_delete=models.PROTECT, related_name="entries")
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(amount=0), name="ledger_entry_moves_something")
        ]
        indexes = [models.Index(fields=["account", "-id"], name="ledger_statement")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.amount:+d}"


class Bonus(models.Model):
    """Money beyond the price of the answers: given by hand with a reason, or to lift an hour's pay."""

    class Kind(models.TextChoices):
        GIVEN = "given"
        TOP_UP = "top_up"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(max_length=120, unique=True)  # of its transfer
    kind = models.CharField(max_length=6, choices=Kind.choices, default=Kind.GIVEN)
    project = models.UUIDField()
    worker = models.UUIDField()
    currency = models.CharField(max_length=3)
    amount_minor = models.PositiveBigIntegerField()
    reason = TypedChar(max_length=200)
    actor = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    reversed_minor = models.PositiveBigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["project", "worker"], name="bonus_by_person")]
        constraints = [
            models.CheckConstraint(
                condition=Q(reversed_minor__lte=models.F("amount_minor")), name="bonus_reversed_within"
            )
        ]

    def __str__(self) -> str:
        return self.key
