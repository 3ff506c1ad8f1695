"""Rows about how people are treated: second looks at decisions, what stands out, what was done about it."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.gate import TypedChar
from common.ids import uuid7
from tasks_app.models import Project


class SecondReview(models.Model):
    """A decision that another reviewer takes again, without seeing the first one."""

    class State(models.TextChoices):
        WAITING = "waiting"
        AGREED = "agreed"
        DIFFERS = "differs"  # waits for a third person
        RESOLVED = "resolved"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="second_reviews")
    review = models.OneToOneField("annotations.Review", on_delete=models.CASCADE, related_name="second")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    action = models.CharField(max_length=8, blank=True)
    value = models.JSONField(null=True)
    category = models.CharField(max_length=40, blank=True)
    reason = TypedChar(max_length=500, blank=True)
    decided_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    upheld = models.CharField(max_length=6, blank=True)  # "first" or "second"
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["project", "id"], condition=Q(state="waiting"), name="second_review_waiting"
            ),
            models.Index(
                fields=["project", "id"], condition=Q(state="differs"), name="second_review_differs"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.review_id}"


class AnomalySignal(models.Model):
    """Something about a person's answers that chance does not explain. A sign for people, never a verdict."""

    class Kind(models.TextChoices):
        FAST = "fast"
        CONSTANT = "constant"
        PATTERN = "pattern"
        PASTED = "pasted"
        COLLUSION = "collusion"

    class State(models.TextChoices):
        OPEN = "open"
        CLEARED = "cleared"  # a person looked and found nothing wrong
        ACTED = "acted"  # a person did something about it
        FADED = "faded"  # later answers do not show it any more

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="anomalies")
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="anomalies")
    partner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+"
    )
    kind = models.CharField(max_length=9, choices=Kind.choices)
    state = models.CharField(max_length=7, choices=State.choices, default=State.OPEN)
    score = models.FloatField()
    p_value = models.FloatField(null=True)
    evidence = models.JSONField(default=dict)
    answers = models.PositiveIntegerField(default=0)  # how many the person had given when it was seen
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    note = TypedChar(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "worker", "kind", "partner"], name="anomaly_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.worker_id}"


class Measure(models.Model):
    """What a person did about another one's work in a project, why, and what the other one said to it."""

    class Kind(models.TextChoices):
        MESSAGE = "message"
        RETRAIN = "retrain"
        BAN = "ban"

    class State(models.TextChoices):
        IN_FORCE = "in_force"
        APPEALED = "appealed"
        CONFIRMED = "confirmed"
        LIFTED = "lifted"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="measures")
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="measures")
    kind = models.CharField(max_length=7, choices=Kind.choices)
    state = models.CharField(max_length=9, choices=State.choices, default=State.IN_FORCE)
    reason = TypedChar(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    appeal = TypedChar(max_length=1000, blank=True)
    appealed_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decision = TypedChar(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # Two who press the button at the same moment ban once.
            models.UniqueConstraint(
                fields=["project", "worker", "kind"],
                condition=Q(ended_at=None) & ~Q(kind="message"),
                name="measure_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.worker_id}"


class ProjectRecord(models.Model):
    """How a project has treated its annotators' latest answers; counted in the background."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, primary_key=True, related_name="record")
    approved = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    appeals = models.PositiveIntegerField(default=0)
    upheld = models.PositiveIntegerField(default=0)
    dismissed = models.PositiveIntegerField(default=0)
    decision_seconds = models.FloatField(null=True)  # median, from an answer to its decision
    computed_at = models.DateTimeField()
    # How many answers there were when anomalies were looked for the last time.
    watched_answers = models.PositiveIntegerField(default=0)
    # When reviewers were last told of answers that are about to approve themselves.
    warned_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.project_id} {self.approved}/{self.approved + self.rejected}"
