"""What erasures have done to models, and the files that are still to go."""

from typing import Any

from django.db import models
from django.db.models import Q

from common.gate import TypedChar
from common.ids import uuid7
from training.models.registry import ModelVersion
from training.models.runs import Run


class ModelErasure(models.Model):
    """That a version learned from data which was erased since, and what followed. Names nobody.

    `through` is the version it was fine-tuned from, where only that one saw the data.
    """

    class Action(models.TextChoices):
        QUARANTINE = "quarantine"
        RETRAIN = "retrain"
        KEEP = "keep"
        ANONYMISED = "anonymised"  # the answers stayed as nobody's: what it learned is no personal data

    class Retraining(models.TextChoices):
        NONE = ""
        WANTED = "wanted"
        RUNNING = "running"
        PROMOTED = "promoted"
        CANDIDATE = "candidate"  # the gate said no, or a person must look
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="erasures")
    request = models.UUIDField()
    action = models.CharField(max_length=10, choices=Action.choices)
    legal_ground = TypedChar(max_length=500, blank=True)
    items = models.PositiveIntegerField(default=0, help_text="of its snapshot that were erased")
    through = models.ForeignKey(ModelVersion, on_delete=models.SET_NULL, null=True, related_name="+")
    retraining = models.CharField(
        max_length=9, choices=Retraining.choices, default=Retraining.NONE, blank=True
    )
    run = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, related_name="+")
    reason = TypedChar(max_length=500, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "request"], name="model_erasure_once")]
        indexes = [
            models.Index(
                fields=["at"], condition=Q(retraining__in=["wanted", "running"]), name="model_erasure_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.action}"


class FilesToClear(models.Model):
    """A folder that held erased data. Cleared on commit; what is busy then, by the sweep."""

    class Kind(models.TextChoices):
        SNAPSHOT = "snapshot"
        RUN = "run"  # all but the model goes
        WHOLE = "whole"
        TOKENS = "tokens"

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    path = models.CharField(max_length=200, unique=True, help_text="relative to ARTIFACTS_DIR")
    wanted_at: Any = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.path}"
