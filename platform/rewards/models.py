from typing import Any

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


class Activity(models.Model):
    """Signs of life that the server heard while somebody worked on one assignment: see fair_rate.py."""

    assignment = models.UUIDField(primary_key=True)
    sure_seconds = models.FloatField(default=0)  # between signs of life that came close after one another
    trimmed_seconds = models.FloatField(
        default=0
    )  # since the first sign, with every gap cut to the idle limit
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.assignment} {self.trimmed_seconds:.0f} s"


class WorkedDay(models.Model):
    """A person's work for a project on one day (UTC): answers, active seconds, and what they earn."""

    id = models.BigAutoField(primary_key=True)
    project = models.UUIDField()
    worker = models.UUIDField()
    day = models.DateField()
    answers = models.PositiveIntegerField()
    seconds = models.FloatField()
    earned_minor = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "worker", "day"], name="worked_day_once")]

    def __str__(self) -> str:
        return f"{self.worker} {self.day}"


class FairRate(models.Model):
    """What an hour of a project's work earned, as last measured, and the floor that it is held against."""

    project = models.UUIDField(primary_key=True)
    currency = models.CharField(max_length=3)
    median_minor = models.BigIntegerField(null=True)
    upper_minor = models.BigIntegerField(null=True)  # the 75th percentile
    median_seconds = models.FloatField(null=True)  # active, for one answer
    people = models.PositiveIntegerField(default=0)
    answers = models.PositiveIntegerField(default=0)
    below_floor = models.PositiveIntegerField(default=0)  # people
    own_floor_minor = models.PositiveBigIntegerField(null=True)  # above the site's; set by the requester
    alarmed_at = models.DateTimeField(null=True)
    measured_until = models.DateTimeField(null=True)
    decided_until = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.project} {self.median_minor}"


class Recognition(models.Model):
    """A person's points and streaks, worked out anew from the answers each time; and how to be listed."""

    class Listing(models.TextChoices):
        ALIAS = "alias"  # under a made-up name
        NICKNAME = "nickname"  # under a name that the person chose
        HIDDEN = "hidden"  # nowhere

    user = models.UUIDField(primary_key=True)
    points = models.PositiveIntegerField(default=0)
    recent_points = models.PositiveIntegerField(default=0)  # of the last 30 days
    streak = models.PositiveIntegerField(default=0)
    longest_streak = models.PositiveIntegerField(default=0)
    active_days = models.PositiveIntegerField(default=0)
    last_day = models.DateField(null=True)
    facts: Any = models.JSONField(default=dict)
    listing = models.CharField(max_length=8, choices=Listing.choices, default=Listing.ALIAS)
    nickname = models.CharField(max_length=30, blank=True)
    time_zone = models.CharField(max_length=40, default="UTC")
    updated_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-recent_points"], name="recognition_board")]

    def __str__(self) -> str:
        return f"{self.user} {self.points}"


class Badge(models.Model):
    """Given once and never taken away."""

    id = models.BigAutoField(primary_key=True)
    user = models.UUIDField()
    name = models.CharField(max_length=20)
    earned_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="badge_once")]

    def __str__(self) -> str:
        return f"{self.user} {self.name}"
