"""What a project's texts and answers hold: asked for, computed part by part, kept while they stay."""

from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils import timezone

from common.ends import EndNote
from common.ids import uuid7
from tasks_app.models import Item, Project
from training.models.serving import Work
from training.models.snapshots import Snapshot


def folder_of(project_id: UUID) -> Path:
    """Everything on disk that analyses of a project have written; holds people's texts."""
    return Path(settings.ARTIFACTS_DIR, "analyses", str(project_id))


class Analysis(Work):
    """One ask. `keys`: for each part the key of its result, made of the data, the part's version and options.

    `data_hash` stands for the items and approved answers it rests on, or is the hash of `snapshot`. `share`:
    how much is done, 0..1; `part` is what is being computed.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="analyses")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, null=True, related_name="analyses")
    data_hash = models.CharField(max_length=64)
    key = models.CharField(max_length=64)
    keys: Any = models.JSONField()
    options: Any = models.JSONField()
    part = models.CharField(max_length=20, blank=True)
    share = models.FloatField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    asked_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="analysis_once")]
        indexes = [models.Index(fields=["project", "-asked_at"], name="analysis_latest")]

    def __str__(self) -> str:
        return f"{self.project_id} {self.state}"

    @property
    def percent(self) -> int:
        return round(100 * self.share)

    def end_note(self) -> EndNote:
        url = f"/projects/{self.project_id}/analysis/"
        return EndNote("analysis", self.created_by_id, url, self.project.title)

    @property
    def seconds_left(self) -> float | None:
        """By what went before; None while too little is done to tell."""
        if self.started_at is None or self.share < 0.03:
            return None
        return (timezone.now() - self.started_at).total_seconds() * (1 - self.share) / self.share


class AnalysisResult(models.Model):
    """What one part found. Shared by every ask whose data, options and part's version are the same."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="analysis_results")
    part = models.CharField(max_length=20)
    key = models.CharField(max_length=64)
    version = models.PositiveSmallIntegerField()
    options: Any = models.JSONField()
    data: Any = models.JSONField()
    seconds = models.FloatField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="analysis_result_once")]

    def __str__(self) -> str:
        return f"{self.part} of {self.project_id}"

    @property
    def folder(self) -> Path:
        """Files that are too large for `data`."""
        return folder_of(self.project_id) / self.key


class CleaningTask(models.Model):
    """An item that somebody is to look at because of what was found, and what they decided.

    Nothing happens to it before: kept is kept, withdrawn is shown to nobody any more, left out is not learned
    from. `item_state`: what a withdrawn item was before, so that the decision can be taken back.
    """

    class State(models.TextChoices):
        OPEN = "open"
        KEPT = "kept"
        WITHDRAWN = "withdrawn"
        LEFT_OUT = "left_out"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="cleaning_tasks")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="cleaning_tasks")
    kind = models.CharField(max_length=60)
    turn = models.PositiveIntegerField(null=True)
    evidence: Any = models.JSONField(default=dict)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    item_state = models.CharField(max_length=10, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "kind"], name="cleaning_task_once")]
        indexes = [
            models.Index(fields=["project", "state", "id"], name="cleaning_tasks_by_state"),
            models.Index(fields=["item"], condition=models.Q(state="left_out"), name="cleaning_left_out"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.item_id} {self.state}"


class AnalysisFinding(models.Model):
    """One thing found at one item, or at one turn of it. A higher score is a stronger finding."""

    id = models.BigAutoField(primary_key=True)
    result = models.ForeignKey(
        AnalysisResult, on_delete=models.CASCADE, related_name="findings", db_index=False
    )
    kind = models.CharField(max_length=60)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="findings")
    turn = models.PositiveIntegerField(null=True)
    score = models.FloatField()
    evidence: Any = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["result", "kind", "-score", "id"], name="finding_strongest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.item_id}"
