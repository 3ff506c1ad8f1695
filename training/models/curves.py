"""Learning curves: what a run would have reached with less data, and so what more would bring."""

from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.ends import EndNote
from common.ids import uuid7
from training.models.runs import Run


class LearningCurve(models.Model):
    """A wish to train a run's field on shares of its training set. `points` grows while it is at work:
    {share, draw, examples, value}; a trainer that takes it up again goes on behind the last one."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    class Mode(models.TextChoices):
        QUICK = "quick"  # only the last layer, on the untouched encoder
        FULL = "full"  # the run's own recipe, with fewer epochs

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="curves")
    mode = models.CharField(max_length=5, choices=Mode.choices, default=Mode.QUICK)
    metric = models.CharField(max_length=20)
    state = models.CharField(max_length=7, choices=State.choices, default=State.QUEUED)
    reason = models.CharField(max_length=500, blank=True)
    points = models.JSONField(default=list)
    planned = models.PositiveSmallIntegerField(default=0)
    forecast = models.JSONField(null=True)
    claim = models.UUIDField(null=True)
    losses = models.PositiveIntegerField(default=0, help_text="how often its trainer or engine was lost")
    heartbeat_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run"], condition=Q(state__in=["queued", "running"]), name="one_live_curve"
            )
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.mode} {self.state}"

    def end_note(self) -> EndNote:
        """Who is told how it ended."""
        return EndNote("curve", self.created_by_id, f"/training/runs/{self.run_id}/", self.run.project.title)

    @property
    def is_live(self) -> bool:
        return self.state in {self.State.QUEUED, self.State.RUNNING}

    @property
    def folder(self) -> Path:
        return settings.ARTIFACTS_DIR / "curves" / str(self.pk)
