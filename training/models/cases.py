"""What many people said about the same text, as one case to deal with."""

from django.db import models

from common.gate import TypedChar
from common.ids import uuid7
from tasks_app.models import Item
from training.models.registry import Model, ModelVersion


class FeedbackCase(models.Model):
    """All feedback of one model on one text, from the first complaint to the version that has learned it.

    `digest` tells texts apart by their words alone (case, spaces and marks do not count). `item` is the task
    that was made of it; it is null until the import has stored it, and again when the item was erased.
    """

    class State(models.TextChoices):
        NEW = "new"
        TASK = "task"  # people are asked what is right
        LEARNED = "learned"  # a version was trained on what they said
        DISMISSED = "dismissed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="cases")
    digest = models.CharField(max_length=64)
    payload = models.JSONField()
    value = models.JSONField(null=True, help_text="what the model said last")
    confidence = models.FloatField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.NEW)
    reason = TypedChar(max_length=300, blank=True)
    voices = models.PositiveIntegerField(default=0)
    content = models.PositiveIntegerField(default=0, help_text="voices that were content")
    volume = models.PositiveIntegerField(default=1, help_text="how often the text was asked")
    priority = models.FloatField(default=0)
    item = models.ForeignKey(Item, on_delete=models.SET_NULL, null=True, related_name="+")
    learned_by = models.ForeignKey(ModelVersion, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    tasked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model", "digest"], name="feedback_case_once")]
        indexes = [models.Index(fields=["model", "state", "-priority"], name="feedback_case_queue")]

    def __str__(self) -> str:
        return f"{self.model_id} {self.state}"

    @property
    def external_id(self) -> str:
        return f"feedback-{self.pk}"


class FeedbackPolicy(models.Model):
    """That a model's urgent cases become tasks without anybody's click."""

    model = models.OneToOneField(Model, on_delete=models.CASCADE, related_name="feedback_policy")
    above = models.FloatField(help_text="priority from which a case becomes a task")
    a_day = models.PositiveIntegerField(help_text="at most so many within 24 hours")

    def __str__(self) -> str:
        return f"{self.model_id} above {self.above}"
