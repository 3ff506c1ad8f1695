"""Snapshots: what was approved at one moment, and which item stands in which split."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models

from common.ids import uuid7
from tasks_app.models import Project, SchemaVersion


class Snapshot(models.Model):
    """What was approved in a project at one moment, split once and never changed.

    `files` maps each Arrow file (relative to `folder`) to its SHA-256, so that a run can prove that it trains
    on the very bytes that were frozen. `counts` is {field: {train, dev, test}}.
    `summary` is {"labels": {field: {split: {label: items}}}, "soft": {field: {split: items}}, "duplicates":
    {"joined", "clusters", "left_out"}} (see planning.SplitPlan); empty in snapshots from before it was kept.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="snapshots")
    number = models.PositiveIntegerField()
    schema_version = models.ForeignKey(SchemaVersion, on_delete=models.PROTECT)
    fields: Any = models.JSONField()
    sha256 = models.CharField(max_length=64)
    files = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    summary: Any = models.JSONField(default=dict, db_default={})
    people = models.PositiveIntegerField(default=0, help_text="how many people's answers it rests on")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # An erasure took something out of it: its files are gone, `sha256` says so, nothing trains on it again.
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="snapshot_number_once"),
            models.UniqueConstraint(fields=["project", "sha256"], name="snapshot_content_once"),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} snapshot {self.number}"

    @property
    def folder(self) -> Path:
        return settings.ARTIFACTS_DIR / "snapshots" / str(self.pk)


class SnapshotItem(models.Model):
    """Which item stands in which split. No foreign key: the row must outlive an erased item and say so."""

    class Split(models.TextChoices):
        TRAIN = "train"
        DEV = "dev"
        TEST = "test"

    id = models.BigAutoField(primary_key=True)
    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="items")
    item = models.UUIDField()
    erased = models.BooleanField(default=False, db_default=False)  # then neither item nor group is anybody's
    group = models.CharField(max_length=200)
    split = models.CharField(max_length=5, choices=Split.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["snapshot", "item"], name="snapshot_item_once")]
        indexes = [models.Index(fields=["item"], name="snapshot_item_lookup")]

    def __str__(self) -> str:
        return f"{self.item} {self.split}"
