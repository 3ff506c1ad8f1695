"""Training runs and their figures, and the models that read for the consensus."""

from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.ends import EndNote
from common.ids import uuid7
from tasks_app.models import Project
from training.models.snapshots import Snapshot


class Run(models.Model):
    """One training run. Its state lives here, not in the queue: any trainer can take it up again.

    `claim` names the present holder; whoever lost it (a trainer taken for dead) can no longer write.
    Waiting runs are taken by `priority`, then by `queued_at`, which is a place in the queue more than a time.
    """

    class Priority(models.IntegerChoices):
        LOW = -1
        NORMAL = 0
        HIGH = 1

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="runs")
    number = models.PositiveIntegerField()
    field = models.CharField(max_length=60)
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, null=True, related_name="runs")
    recipe = models.JSONField(default=dict)
    state = models.CharField(max_length=9, choices=State.choices, default=State.QUEUED)
    priority = models.SmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    progress = models.FloatField(default=0)
    seconds_left = models.FloatField(null=True)
    device = models.CharField(max_length=60, blank=True)
    claim = models.UUIDField(null=True)
    attempt = models.PositiveIntegerField(default=0)
    losses = models.PositiveIntegerField(default=0, help_text="how often its trainer was lost")
    cancel_requested = models.BooleanField(default=False)
    reason = models.CharField(max_length=500, blank=True)
    log = models.TextField(blank=True)
    report = models.JSONField(null=True)
    comparison = models.JSONField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    queued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="run_number_once"),
            models.CheckConstraint(condition=Q(progress__gte=0, progress__lte=1), name="run_progress"),
        ]
        indexes = [
            models.Index(fields=["state"], condition=Q(state__in=["queued", "running"]), name="run_live"),
        ]

    def __str__(self) -> str:
        return f"run {self.number} of {self.project_id}"

    def end_note(self) -> EndNote:
        """Who is told how it ended: nobody of one that a rule has begun, which tells on its own."""
        return EndNote("run", self.created_by_id, f"/training/runs/{self.pk}/", self.project.title)

    @property
    def folder(self) -> Path:
        return settings.ARTIFACTS_DIR / "runs" / str(self.pk)

    @property
    def is_live(self) -> bool:
        return self.state in {self.State.QUEUED, self.State.RUNNING}


class CrossFit(models.Model):
    """A wish that models read a field's items for the consensus, each part by one that never saw it."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="cross_fits")
    field = models.CharField(max_length=60)
    state = models.CharField(max_length=7, choices=State.choices, default=State.QUEUED)
    reason = models.CharField(max_length=500, blank=True)
    judged = models.PositiveIntegerField(default=0)  # items
    progress = models.PositiveSmallIntegerField(default=0)  # per cent
    claim = models.UUIDField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "field"],
                condition=Q(state__in=["queued", "running"]),
                name="one_live_cross_fit",
            )
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.field} {self.state}"

    @property
    def is_live(self) -> bool:
        return self.state in {self.State.QUEUED, self.State.RUNNING}

    @property
    def queued_at(self) -> datetime:
        return self.created_at

    def end_note(self) -> EndNote:
        """Who is told how it ended."""
        return EndNote(
            "cross_fit", self.created_by_id, f"/projects/{self.project_id}/quality/", self.project.title
        )

    @property
    def folder(self) -> Path:
        return settings.ARTIFACTS_DIR / "crossfit" / str(self.pk)


class MetricPoint(models.Model):
    """Figures of one moment of a run. A step that was repeated after a resume replaces the earlier one."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="points")
    kind = models.CharField(max_length=10)
    step = models.PositiveIntegerField()
    values = models.JSONField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "kind", "step"], name="metric_point_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.step}"
