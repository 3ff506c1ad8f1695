"""How versions come to answer: what computes them, suggestions ahead, and trying one on live requests."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.ends import EndNote
from common.gate import TypedChar
from common.ids import uuid7
from tasks_app.models import Project
from training.models.feedback import Prediction
from training.models.registry import Model, ModelVersion


class Work(models.Model):
    """Work in the background that survives whoever does it: `claim` names the present holder."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    state = models.CharField(max_length=9, choices=State.choices, default=State.QUEUED)
    reason = models.CharField(max_length=500, blank=True)
    claim = models.UUIDField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    queued_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True

    @property
    def is_live(self) -> bool:
        return self.state in {self.State.QUEUED, self.State.RUNNING}

    def end_note(self) -> EndNote | None:
        """Who is told how it ended; nobody of work that the platform asks for by itself."""
        return None


class AskedWork(Work):
    """Work that says how far it is, in per cent, and remembers who asked: None where the platform did."""

    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    progress = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True


class ServingRuntime(AskedWork):
    """What computes a version's answers, torch or ONNX Runtime: as engine/runtime_choice.py measured it."""

    version = models.OneToOneField(
        ModelVersion, on_delete=models.CASCADE, primary_key=True, related_name="runtime"
    )
    int8 = models.BooleanField(default=False, help_text="whether weights of 8 bits may be tried")
    choice = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"{self.version_id} {self.state}"

    def end_note(self) -> EndNote:
        """Each version is measured once by itself, of which nobody is told."""
        model = self.version.model
        return EndNote("runtime", self.asked_by_id, f"/models/{model.name}/", model.project.title)


class Preannotation(Work):
    """A wish that a version suggests answers for a project's open items, so that people need only look.

    `cursor` is the last item that was dealt with; whoever goes on begins behind it. `share` of the items get
    a suggestion; which do not is drawn once and for all by the item's id, for every version alike.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="preannotations")
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="preannotations")
    field = models.CharField(max_length=60)
    share = models.FloatField(default=0.9)
    total = models.PositiveIntegerField(default=0)
    seen = models.PositiveIntegerField(default=0)
    suggested = models.PositiveIntegerField(default=0)
    cursor = models.UUIDField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "field"],
                condition=Q(state__in=["queued", "running"]),
                name="one_live_preannotation",
            ),
            models.CheckConstraint(condition=Q(share__gt=0, share__lte=1), name="preannotation_share"),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.field} {self.state}"

    @property
    def percent(self) -> int:
        return min(100, round(100 * self.seen / self.total)) if self.total else 0

    def end_note(self) -> EndNote:
        url = f"/models/{self.version.model.name}/"
        return EndNote("suggestions", self.created_by_id, url, self.project.title)


class Rollout(models.Model):
    """A version tried on live requests beside the one in production (`baseline`).

    shadow: it answers a share of them in the background, and nobody hears it. canary: a share of the callers
    hear it instead. `figures` are the latest; `cursor` is the last prediction that a shadow has looked at.
    """

    class Kind(models.TextChoices):
        SHADOW = "shadow"
        CANARY = "canary"

    class State(models.TextChoices):
        RUNNING = "running"
        STOPPED = "stopped"
        PROMOTED = "promoted"
        ROLLED_BACK = "rolled_back"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="rollouts")
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="rollouts")
    baseline = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    share = models.FloatField()
    state = models.CharField(max_length=11, choices=State.choices, default=State.RUNNING)
    reason = TypedChar(max_length=500, blank=True)
    figures: Any = models.JSONField(default=dict)
    cursor = models.UUIDField(null=True)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)
    started_at = models.DateTimeField(auto_now_add=True)
    watched_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model", "kind"], condition=Q(state="running"), name="one_rollout_of_a_kind"
            ),
            models.CheckConstraint(condition=Q(share__gt=0, share__lte=1), name="rollout_share"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.version_id}"


class ShadowPrediction(models.Model):
    """What a shadow would have said about the stored text of a prediction; shown to nobody who asked.

    `usual` is what production says about that same stored text.
    """

    id = models.BigAutoField(primary_key=True)
    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="shadows")
    prediction = models.ForeignKey(Prediction, on_delete=models.CASCADE, related_name="shadows")
    value = models.JSONField(null=True)
    usual = models.JSONField(null=True)
    confidence = models.FloatField()
    agrees = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rollout", "prediction"], name="shadow_prediction_once")
        ]

    def __str__(self) -> str:
        return f"{self.rollout_id} {self.prediction_id}"
