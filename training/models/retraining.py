"""Rules that start runs by themselves, what came of them, and how far a model's inputs have drifted."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.ids import uuid7
from tasks_app.models import Project
from training.models.registry import ModelVersion
from training.models.runs import Run


class RetrainRule(models.Model):
    """When a field is to be trained again. `condition` is checked by training.retrain_conditions.

    `last_look` is {verdict, ...figures} of the last evaluation. `next_at` belongs to schedules only.
    """

    class Kind(models.TextChoices):
        APPROVALS = "approvals"
        SCHEDULE = "schedule"
        SATISFACTION = "satisfaction"
        DRIFT = "drift"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="retrain_rules")
    field = models.CharField(max_length=60)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    condition = models.JSONField(default=dict)
    recipe = models.JSONField(default=dict)
    paused = models.BooleanField(default=False)
    promote = models.BooleanField(default=False, help_text="by itself, when the gate allows it")
    cooldown_hours = models.PositiveIntegerField(default=24)
    budget_runs = models.PositiveIntegerField(null=True, help_text="in a calendar month, UTC")
    budget_minutes = models.PositiveIntegerField(null=True, help_text="in a calendar month, UTC")
    next_at = models.DateTimeField(null=True)
    last_look = models.JSONField(default=dict)
    last_looked_at = models.DateTimeField(null=True)
    last_fired_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(cooldown_hours__gte=1), name="retrain_rule_cools_down"),
            models.CheckConstraint(
                condition=Q(kind="schedule") ^ Q(next_at__isnull=True), name="retrain_rule_next_at"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.field}"


class RetrainFiring(models.Model):
    """One run that a rule started, with the figures that made it. `outcome` is set once the run has ended."""

    class Outcome(models.TextChoices):
        OPEN = ""
        FAILED = "failed"
        CANDIDATE = "candidate"  # a version that waits for a person
        PROMOTED = "promoted"
        REFUSED = "refused"  # by the gate

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rule = models.ForeignKey(RetrainRule, on_delete=models.CASCADE, related_name="firings")
    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="firing")
    figures = models.JSONField(default=dict)
    outcome = models.CharField(max_length=9, choices=Outcome.choices, default=Outcome.OPEN, blank=True)
    fired_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["rule", "-fired_at"], name="retrain_firing_history"),
            models.Index(fields=["fired_at"], condition=Q(outcome=""), name="retrain_firing_open"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.fired_at}"


class DriftReference(models.Model):
    """What a version was trained on, as shares that later inputs are held against; made once."""

    version = models.OneToOneField(
        ModelVersion, on_delete=models.CASCADE, primary_key=True, related_name="drift_reference"
    )
    data = models.JSONField()  # training.engine.drift.Reference
    made_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.version_id)


class DriftReading(models.Model):
    """Population stability of a version's inputs on one day; at most one reading a day."""

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="drift_readings")
    day = models.DateField()
    source = models.CharField(max_length=11, help_text="predictions or items")
    items = models.PositiveIntegerField()
    embedding = models.FloatField(help_text="index over embeddings")
    embedding_chance = models.FloatField(help_text="what chance alone reaches once in a hundred times")
    labels = models.FloatField(null=True, help_text="index over labels, where there are any")
    labels_chance = models.FloatField(null=True)
    shares = models.JSONField(default=dict)  # label -> [share in training, share now]
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "day"], name="drift_reading_daily")]

    def __str__(self) -> str:
        return f"{self.version_id} {self.day}"
