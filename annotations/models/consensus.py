from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from annotations.models.answers import Answer
from common.gate import TypedChar
from common.ids import uuid7
from tasks_app.models import Item, Project


class Consensus(models.Model):
    """What is held to be true of one field of one item, how sure, and who decided."""

    class State(models.TextChoices):
        OPEN = "open"  # more answers are on their way
        REVIEW = "review"  # in a reviewer's queue
        APPROVED = "approved"
        CORRECTED = "corrected"
        REJECTED = "rejected"

    class Cause(models.TextChoices):
        """Why a reviewer sees it."""

        NONE = ""
        DOUBT = "doubt"
        SAMPLE = "sample"
        APPEAL = "appeal"
        MODEL = "model"  # a model says something else, and an admin sent it back

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="consensus")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="consensus")
    field = models.CharField(max_length=60)
    value = models.JSONField(null=True)
    confidence = models.FloatField(default=0)
    posterior = models.JSONField(default=dict)  # unit -> label -> probability, for soft targets
    answers = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    cause = models.CharField(max_length=6, choices=Cause.choices, default=Cause.NONE, blank=True)
    gain = models.FloatField(default=0, db_default=0.0)  # what a reviewer's look is worth: annotations.gain
    # What models of the other items say instead, where that is why a reviewer sees it:
    # [{turn, given, suggested, given_share, suggested_share}].
    suspected: Any = models.JSONField(default=list, db_default=[], blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "field"], name="consensus_once")]
        indexes = [
            models.Index(
                F("project"), F("gain").desc(), F("id"), condition=Q(state="review"), name="consensus_by_gain"
            ),
            models.Index(fields=["project", "field", "state"], name="consensus_by_field"),
            models.Index(fields=["project", "updated_at"], name="consensus_by_change"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.field}"


class Review(models.Model):
    """One decision by one reviewer; kept for ever, also when a later one overrules it."""

    class Action(models.TextChoices):
        APPROVE = "approve"
        CORRECT = "correct"
        REJECT = "reject"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    consensus = models.ForeignKey(Consensus, on_delete=models.CASCADE, related_name="reviews")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    action = models.CharField(max_length=8, choices=Action.choices)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    category = models.CharField(max_length=40, blank=True, default="", db_default="")
    reason = TypedChar(max_length=500, blank=True)
    # Other reviewers have to come to the same before it decides anything; until then nobody is shown it.
    waits = models.BooleanField(default=False, db_default=False)
    # Quoted from the instructions.
    passage = models.CharField(max_length=500, blank=True, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["consensus", "category"], condition=~Q(category=""), name="review_by_category"
            ),
            models.Index(fields=["consensus"], condition=Q(waits=True), name="review_waiting"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["consensus", "reviewer"], condition=Q(waits=True), name="review_word_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.consensus_id}"


class Appeal(models.Model):
    """An annotator's word against a rejection."""

    WITHIN = timedelta(days=7)

    class State(models.TextChoices):
        OPEN = "open"
        UPHELD = "upheld"  # the appeal was right: the answer is approved and paid
        DISMISSED = "dismissed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    answer = models.OneToOneField(Answer, on_delete=models.CASCADE, related_name="appeal")
    text = TypedChar(max_length=1000)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True)
    decision = TypedChar(max_length=500, blank=True)
    # Nobody else was there to hear it, so the owner decided on a rejection of their own.
    same_reviewer = models.BooleanField(db_default=False, default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["id"], condition=Q(state="open"), name="appeal_open")]

    def __str__(self) -> str:
        return f"{self.state} {self.answer_id}"
