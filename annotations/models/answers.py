from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from common.gate import TypedChar
from common.ids import uuid7
from tasks_app.models import Assignment, Item, Project, SchemaVersion


class Answer(models.Model):
    """What one person said about one item. Acknowledged once, counted once, paid at most once."""

    class State(models.TextChoices):
        PENDING = "pending"
        APPROVED = "approved"
        REJECTED = "rejected"

    class Source(models.TextChoices):
        CROWD = "crowd"
        IMPORTED = "imported"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # Null for answers imported from elsewhere: nobody leased anything for them here.
    assignment = models.OneToOneField(Assignment, on_delete=models.PROTECT, null=True, related_name="answer")
    # No index of their own: those below begin with these columns, and each index slows every submit.
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="answers", db_index=False)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="answers", db_index=False)
    worker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="answers", db_index=False
    )
    schema_version = models.ForeignKey(SchemaVersion, on_delete=models.PROTECT, db_index=False)
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.CROWD)
    value = models.JSONField()
    seconds = models.FloatField(default=0)
    edits = models.JSONField(default=list)
    # Came after its lease had ended and its slot was gone: kept, perhaps paid, never counted.
    extra = models.BooleanField(default=False, db_default=False)
    # Its author asked that nothing be done with it for now: kept, never counted or exported.
    held = models.BooleanField(default=False, db_default=False)
    # Of an answer to a gold item: field -> 1 - distance to the truth. Set once; never leaves the server.
    gold_scores = models.JSONField(null=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    reason = TypedChar(max_length=500, blank=True)
    # What kind of mistake a reviewer saw in it: one of the project's error categories.
    category = models.CharField(max_length=40, blank=True, default="", db_default="")
    # The decision that rejected it. No constraint and no index: they would slow every submit.
    decision = models.ForeignKey(
        "annotations.Review",
        on_delete=models.DO_NOTHING,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    partial_minor = models.PositiveIntegerField(default=0, db_default=0)  # paid although it was rejected
    idempotency_key = models.CharField(max_length=200, blank=True)
    request_hash = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "worker"], name="answer_once_per_person"),
            models.UniqueConstraint(
                fields=["worker", "idempotency_key"], condition=~Q(idempotency_key=""), name="answer_key_once"
            ),
        ]
        indexes = [
            models.Index(fields=["worker", "-created_at"], name="answer_history"),
            models.Index(fields=["project", "created_at"], name="answer_by_project"),
            models.Index(
                fields=["created_at"], condition=Q(state="pending", source="crowd"), name="answer_pending"
            ),
            models.Index(
                fields=["project", "category"], condition=~Q(category=""), name="answer_by_category"
            ),
            models.Index(
                fields=["project", "worker"],
                condition=Q(state="pending", gold_scores__isnull=False),
                name="answer_gold_pending",
            ),
            models.Index(
                fields=["worker", "created_at"], condition=Q(state="rejected"), name="answer_rejected"
            ),
            models.Index(
                fields=["project", "decided_at"], condition=Q(state="rejected"), name="answer_rejected_of"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} by {self.worker_id}"


# The answers that anything may be concluded from. Whatever counts, weighs or fits answers begins here.
COUNTED = Q(extra=False, held=False) & ~Q(state=Answer.State.REJECTED)


class WorkerDay(models.Model):
    """What a person handed in on one day (UTC), rejected answers included. Counted with each submit, so that
    it costs the same after 50,000 answers as after one."""

    id = models.BigAutoField(primary_key=True)
    worker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="days", db_index=False
    )
    day = models.DateField()
    currency = models.CharField(max_length=3)
    answers = models.PositiveIntegerField()
    earned_minor = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["worker", "day", "currency"], name="worker_day_once")]

    def __str__(self) -> str:
        return f"{self.worker_id} {self.day} {self.currency}"
