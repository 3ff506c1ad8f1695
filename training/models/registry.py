"""The registry: models by name, and the versions behind them."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.ids import uuid7
from tasks_app.models import Project
from training.models.runs import Run
from training.models.snapshots import Snapshot


class Model(models.Model):
    """A name under which one field of one project is served, whatever version stands behind it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.SlugField(max_length=120, unique=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="models")
    field = models.CharField(max_length=60)
    head = models.CharField(max_length=20)
    # What its gate guards: see gate.Guards; {} is every kind of part, without tolerance.
    guards: Any = models.JSONField(default=dict, db_default={})
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "field", "head"], name="model_once_per_head")
        ]

    def __str__(self) -> str:
        return self.name


class ModelVersion(models.Model):
    """One trained artifact with its lineage. The database allows one version in production per model."""

    class Stage(models.TextChoices):
        CANDIDATE = "candidate"
        PRODUCTION = "production"
        ARCHIVED = "archived"  # kept and shown, never served

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.CANDIDATE)
    run = models.OneToOneField(Run, on_delete=models.PROTECT, related_name="version")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="versions")
    path = models.CharField(max_length=200, help_text="relative to ARTIFACTS_DIR")
    card = models.TextField(blank=True)
    card_data = models.JSONField(default=dict)
    metrics = models.JSONField(default=dict)
    config_hash = models.CharField(max_length=64)
    # The last upload to a model hub: {repo, state, reason, at, url}; {} where nobody asked for one.
    hub: Any = models.JSONField(default=dict, db_default={})
    created_at = models.DateTimeField(auto_now_add=True)
    promoted_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    # It learned from data that was erased since: it answers nobody, and is not promoted.
    quarantined_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "number"], name="model_version_once"),
            models.UniqueConstraint(
                fields=["model"], condition=Q(stage="production"), name="one_version_in_production"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} v{self.number}"

    @property
    def folder(self) -> Path:
        return settings.ARTIFACTS_DIR / self.path
