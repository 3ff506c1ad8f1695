"""Tests that people pass before projects let them in, and who passed which."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.gate import TypedChar, TypedText
from common.ids import uuid7


class Qualification(models.Model):
    """What a person must have shown before a project that asks for it lets them in."""

    class Kind(models.TextChoices):
        EXAM = "exam"  # a score at or above the pass mark
        TRAINING = "training"  # every training item answered; each answer is explained
        GRANTED = "granted"  # given by hand
        SKILL = "skill"  # earned by work in another project, see `earn`

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="qualifications"
    )
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.EXAM)
    title = TypedChar(max_length=120)
    instructions = TypedText(blank=True)
    fields: Any = models.JSONField(default=list)
    pass_mark = models.FloatField(default=0.8)
    items_per_attempt = models.PositiveSmallIntegerField(default=10)
    time_limit = models.PositiveIntegerField(default=1800, help_text="seconds")
    retry_delay = models.PositiveIntegerField(default=24 * 3600, help_text="seconds")
    valid_for = models.PositiveIntegerField(null=True, help_text="seconds")
    # Of the kind `skill`: {"project", "field", "accuracy", "answers"}.
    earn = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(pass_mark__gte=0, pass_mark__lte=1), name="qualification_pass_mark"
            )
        ]

    def __str__(self) -> str:
        return self.title


class QualificationItem(models.Model):
    """One question of a training or an exam, with the answer that is held to be right."""

    class Part(models.TextChoices):
        TRAINING = "training"
        EXAM = "exam"

    # Random, as an item's: neither order nor age may tell anything.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    qualification = models.ForeignKey(Qualification, on_delete=models.CASCADE, related_name="items")
    part = models.CharField(max_length=8, choices=Part.choices, default=Part.EXAM)
    number = models.PositiveIntegerField()
    payload = models.JSONField()
    answer = models.JSONField()
    explanation = TypedText(blank=True)
    # The gold item that this question was copied from: whoever saw it here never gets it as hidden gold.
    source = models.ForeignKey(
        "tasks_app.Item", on_delete=models.SET_NULL, null=True, related_name="asked_in"
    )
    retired_at = models.DateTimeField(null=True)
    # Its answer was not right: it counts for nobody who met it.
    retired_for_wrong = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["qualification", "part", "number"], name="qualification_items")]

    def __str__(self) -> str:
        return f"{self.qualification_id} {self.number}"


class QualificationAttempt(models.Model):
    """One person's pass through a training or an exam. `items` is drawn once, so a reload shows the same."""

    class State(models.TextChoices):
        OPEN = "open"
        PASSED = "passed"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    qualification = models.ForeignKey(Qualification, on_delete=models.CASCADE, related_name="attempts")
    worker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="qualification_attempts"
    )
    part = models.CharField(max_length=8, choices=QualificationItem.Part.choices)
    state = models.CharField(max_length=6, choices=State.choices, default=State.OPEN)
    items = models.JSONField()  # ids, in the order shown
    answers = models.JSONField(default=dict)  # item -> answer
    scores = models.JSONField(default=dict)  # item -> 0..1, once it is known
    score = models.FloatField(null=True)
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["worker", "qualification", "part"],
                condition=Q(state="open"),
                name="qualification_attempt_one_open",
            )
        ]
        indexes = [
            models.Index(fields=["worker", "qualification", "-started_at"], name="qualification_history")
        ]

    def __str__(self) -> str:
        return f"{self.worker_id} {self.qualification_id} {self.state}"


class WorkerQualification(models.Model):
    """That a person has a qualification, how they came by it, and until when."""

    class Source(models.TextChoices):
        EXAM = "exam"
        TRAINING = "training"
        GRANTED = "granted"
        SKILL = "skill"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    worker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="held_qualifications"
    )
    qualification = models.ForeignKey(Qualification, on_delete=models.CASCADE, related_name="holders")
    source = models.CharField(max_length=8, choices=Source.choices)
    score = models.FloatField(null=True)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    granted_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    # A person's decision, which no exam undoes; empty where a corrected truth took a pass away.
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    reason = TypedChar(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["worker", "qualification"], name="worker_qualification_once")
        ]
        indexes = [models.Index(fields=["qualification", "-granted_at"], name="qualification_holders")]

    def __str__(self) -> str:
        return f"{self.worker_id} {self.qualification_id}"
