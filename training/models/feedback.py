"""What a version predicted, and what people said about it."""

import json

from django.conf import settings
from django.contrib.postgres.indexes import HashIndex
from django.db import models
from django.db.models import Q

from common.gate import TypedChar
from common.ids import uuid7
from tasks_app.fields.payload import turn_speakers, turn_texts
from training.models.cases import FeedbackCase
from training.models.registry import ModelVersion


class Prediction(models.Model):
    """What a version said about one text. The text is stored redacted, and `value` in its offsets.

    `shifts` carries offsets of the text that was sent to the stored one: per turn a list of
    [start, end, length of the replacement]; it holds no text.
    subject: whose text it is, as in DataSubject, where whoever asked has said so.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="predictions")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True)
    subject = models.UUIDField(null=True)
    payload = models.JSONField()
    shifts = models.JSONField(default=list)
    value = models.JSONField(null=True)
    confidence = models.FloatField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["version", "-created_at"], name="prediction_history"),
            # How often was this very text asked?
            HashIndex(fields=["payload"], name="prediction_payload"),
            models.Index(fields=["subject"], condition=Q(subject__isnull=False), name="prediction_subject"),
        ]

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
    comment = TypedChar(max_length=2000, blank=True)
    case = models.ForeignKey(FeedbackCase, on_delete=models.SET_NULL, null=True, related_name="feedback")
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
