"""Active learning: that a project asks first what its model doubts."""

from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.ids import uuid7
from tasks_app.models import Project
from training.models.registry import ModelVersion


class ActiveLearning(models.Model):
    """One project's wish to have its items ranked by a model's doubt, and what the last ranking did.

    `batch` items are put before all others; when most of them are answered, or a newer version is there, the
    next ones are chosen. `lot_share` of them is drawn by lot. `claim` names the worker that ranks now.
    """

    class State(models.TextChoices):
        IDLE = "idle"
        QUEUED = "queued"
        RUNNING = "running"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="active_learning")
    field = models.CharField(max_length=60)
    batch = models.PositiveIntegerField(default=200)
    lot_share = models.FloatField(default=0.25)
    state = models.CharField(max_length=7, choices=State.choices, default=State.QUEUED)
    reason = models.CharField(max_length=500, blank=True)
    claim = models.UUIDField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    version = models.ForeignKey(ModelVersion, on_delete=models.SET_NULL, null=True, related_name="+")
    pool = models.PositiveIntegerField(default=0, help_text="items looked at by the last ranking")
    chosen = models.PositiveIntegerField(default=0)
    by_lot = models.PositiveIntegerField(default=0)
    mean_doubt = models.FloatField(null=True, help_text="of the pool, 0..1")
    ranked_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(lot_share__gte=0.05, lot_share__lte=1), name="lot_share_range"
            ),
            models.CheckConstraint(condition=Q(batch__gte=10, batch__lte=5000), name="ranking_batch_range"),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.field} {self.state}"

    @property
    def folder(self) -> Path:
        return settings.ARTIFACTS_DIR / "ranking" / str(self.pk)
