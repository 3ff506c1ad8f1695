"""Snapshots, runs, the registry of models, and what people said about their predictions."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.ids import uuid7
from tasks_app.fields.payload import turn_speakers, turn_texts
from tasks_app.models import Project, SchemaVersion


class Snapshot(models.Model):
    """What was approved in a project at one moment, split once and never changed.

    `files` maps each Arrow file (relative to `folder`) to its SHA-256, so that a run can prove that it trains
    on the very bytes that were frozen. `counts` is {field: {train, dev, test}}.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="snapshots")
    number = models.PositiveIntegerField()
    schema_version = models.ForeignKey(SchemaVersion, on_delete=models.PROTECT)
    fields: Any = models.JSONField()
    sha256 = models.CharField(max_length=64)
    files = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    people = models.PositiveIntegerField(default=0, help_text="how many people's answers it rests on")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

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
    group = models.CharField(max_length=200)
    split = models.CharField(max_length=5, choices=Split.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["snapshot", "item"], name="snapshot_item_once")]
        indexes = [models.Index(fields=["item"], name="snapshot_item_lookup")]

    def __str__(self) -> str:
        return f"{self.item} {self.split}"


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


class Model(models.Model):
    """A name under which one field of one project is served, whatever version stands behind it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.SlugField(max_length=120, unique=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="models")
    field = models.CharField(max_length=60)
    head = models.CharField(max_length=20)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "field"], name="model_once_per_field")]

    def __str__(self) -> str:
        return self.name


class ModelVersion(models.Model):
    """One trained artifact with its lineage. The database allows one version in production per model."""

    class Stage(models.TextChoices):
        CANDIDATE = "candidate"
        PRODUCTION = "production"
        RETIRED = "retired"

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
    created_at = models.DateTimeField(auto_now_add=True)
    promoted_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

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


class Prediction(models.Model):
    """What a version said about one text. The text is stored redacted, and `value` in its offsets.

    `shifts` carries offsets of the text that was sent to the stored one: per turn a list of
    [start, end, length of the replacement]; it holds no text.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="predictions")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True)
    payload = models.JSONField()
    shifts = models.JSONField(default=list)
    value = models.JSONField(null=True)
    confidence = models.FloatField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["version", "-created_at"], name="prediction_history")]

    def __str__(self) -> str:
        return f"{self.version_id} {self.created_at}"

    @property
    def text(self) -> str:
        """The stored text, a line for each turn."""
        names = [f"{name}: " if name else "" for name in turn_speakers(self.payload)]
        return "\n".join(f"{name}{text}" for name, text in zip(names, turn_texts(self.payload), strict=True))

    @property
    def value_json(self) -> str:
        return json.dumps(self.value, ensure_ascii=False)


class Feedback(models.Model):
    """One person's word on one prediction: whoever asked (author), or an end user behind a signed link."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    prediction = models.ForeignKey(Prediction, on_delete=models.CASCADE, related_name="feedback")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True)
    end_user = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the link's subject")
    thumbs = models.SmallIntegerField(null=True, choices=[(1, "up"), (-1, "down")])
    rating = models.PositiveSmallIntegerField(null=True)
    correction = models.JSONField(null=True)
    comment = models.CharField(max_length=2000, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    handled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["prediction", "author"],
                condition=Q(author__isnull=False),
                name="feedback_once_author",
            ),
            models.UniqueConstraint(
                fields=["prediction", "end_user"], condition=~Q(end_user=""), name="feedback_once_end_user"
            ),
            models.CheckConstraint(
                condition=Q(author__isnull=False) ^ ~Q(end_user=""), name="feedback_from_one_person"
            ),
            models.CheckConstraint(
                condition=Q(rating__isnull=True) | Q(rating__gte=1, rating__lte=5), name="feedback_rating"
            ),
        ]

    def __str__(self) -> str:
        return f"on {self.prediction_id}"

    @property
    def correction_json(self) -> str:
        return json.dumps(self.correction, ensure_ascii=False)
