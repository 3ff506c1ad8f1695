from django.conf import settings
from django.db import models
from django.db.models import Q

from common.gate import TypedChar
from common.ids import uuid7
from tasks_app.models.items import Item
from tasks_app.models.projects import Project, SchemaVersion


class Assignment(models.Model):
    """One slot of one item lent to one person for a limited time."""

    class State(models.TextChoices):
        LEASED = "leased"
        SUBMITTED = "submitted"
        RETURNED = "returned"
        EXPIRED = "expired"
        WITHDRAWN = "withdrawn"  # we took the item away while the person had it
        LATE = "late"  # answered after its end, without a slot

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # No indexes of their own: those below begin with these columns, and each slows every claim and submit.
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="assignments", db_index=False)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="assignments", db_index=False)
    worker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assignments", db_index=False
    )
    schema_version = models.ForeignKey(SchemaVersion, on_delete=models.PROTECT, db_index=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.LEASED)
    reward_minor = models.PositiveIntegerField()
    claim_key = models.CharField(max_length=200, blank=True)
    # The item's group, kept here so that a person's share of one is counted without a look at items.
    item_group = models.CharField(max_length=200, blank=True, db_default="")
    created_at = models.DateTimeField()
    lease_expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    # Active time, idle minutes left out, as the workbench measured it; what the hourly rate is made from.
    seconds = models.FloatField(db_default=0)
    reason = TypedChar(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "worker"], name="assignment_once_per_person")]
        indexes = [
            models.Index(fields=["lease_expires_at"], condition=Q(state="leased"), name="assignment_expiry"),
            models.Index(
                fields=["worker", "project"], condition=Q(state="leased"), name="assignment_live_by_worker"
            ),
            models.Index(fields=["worker", "-created_at"], name="assignment_history"),
            # With the id, which tells the time: the latest ones of a state are read without sorting all.
            models.Index(fields=["project", "state", "id"], name="assignment_by_state"),
            models.Index(
                fields=["worker", "project", "item_group"],
                condition=~Q(item_group=""),
                name="assignment_by_group",
            ),
            models.Index(
                fields=["worker", "project"],
                condition=Q(state__in=["returned", "expired"]),
                name="assignment_given_back",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.state}"


class WorkerProgress(models.Model):
    """How far a person has come through a project, and whether they may go on."""

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    # Everything before this place has been seen, so that a claim never walks over answered items again.
    cursor_priority = models.FloatField(null=True)
    cursor_position = models.BigIntegerField(null=True)
    cursor_shuffle = models.FloatField(null=True)
    cursor_gold = models.FloatField(null=True)
    claimed = models.PositiveIntegerField(default=0)
    banned_at = models.DateTimeField(null=True)
    banned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    ban_reason = TypedChar(max_length=500, blank=True, default="")
    # No new items until the person has learned the rules again.
    retrain_since = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "worker"], name="worker_progress_once")]

    def __str__(self) -> str:
        return f"{self.worker_id} in {self.project_id}"
