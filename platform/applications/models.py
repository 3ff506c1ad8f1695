"""What the applications share: setting one up with the shipped data, and how well each does."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.ends import EndNote
from common.gate import TypedText
from common.ids import uuid7
from tasks_app.models import Project


class Setup(models.Model):
    """One application on its way from "new project" to the first answer, step by step.

    `runs`: the id of each field's training run. `promoted`: the version that answers for each field.
    `notes`: what went otherwise than wanted without ending it, in the words of whoever refused.
    """

    class Step(models.TextChoices):
        IMPORT = "import"
        TRAIN = "train"
        PROMOTE = "promote"
        PREPARE = "prepare"
        USE = "use"
        MEASURE = "measure"

    class State(models.TextChoices):
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="setup")
    kind = models.CharField(max_length=60)
    state = models.CharField(max_length=9, choices=State.choices, default=State.RUNNING)
    step = models.CharField(max_length=7, choices=Step.choices, default=Step.IMPORT)
    reason = models.CharField(max_length=500, blank=True)
    imports: Any = models.JSONField(default=list)
    runs: Any = models.JSONField(default=dict)
    promoted: Any = models.JSONField(default=dict)
    notes: Any = models.JSONField(default=list)
    said = TypedText(blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    answered_at = models.DateTimeField(null=True, help_text="when it gave its first answer")
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # Two clicks, or two tabs: one set-up of a kind at a time for each person.
            models.UniqueConstraint(
                fields=["created_by", "kind"], condition=Q(state="running"), name="one_setup_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state} {self.step}"

    def end_note(self) -> EndNote:
        """Who is told how it ended."""
        url = f"/applications/setups/{self.pk}/"
        return EndNote("setup", self.created_by_id, url, self.project.title)


class Measured(models.Model):
    """The figures of a project's application, with the versions that they were measured with.

    values: list of Figure as JSON. versions: {field: number}. `wanted_at` is set to have it measured again.
    tried: the versions of the last attempt, which failed where there is a reason; then `values`, `versions`
    and `measured_at` are still those of the last one that succeeded.
    """

    project = models.OneToOneField(
        Project, on_delete=models.CASCADE, primary_key=True, related_name="application_figures"
    )
    values: Any = models.JSONField(default=list)
    versions: Any = models.JSONField(default=dict)
    tried: Any = models.JSONField(default=dict)
    reason = models.CharField(max_length=500, blank=True)
    wanted_at = models.DateTimeField(null=True)
    measured_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"figures of {self.project_id}"
