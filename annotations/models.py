from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from annotations.oversight import AnomalySignal, Measure, ProjectRecord, SecondReview
from common.gate import TypedChar
from common.ids import uuid7
from tasks_app.models import Assignment, Item, Project, SchemaVersion

__all__ = [
    "AnomalySignal",
    "Answer",
    "Appeal",
    "Consensus",
    "FieldFit",
    "Measure",
    "ProjectRecord",
    "Review",
    "SecondReview",
    "Suggestion",
    "WorkerSkill",
]


class Answer(models.Model):
    """What one person said about one item. Acknowledged once, counted once, paid at most once."""

    class State(models.TextChoices):
        PENDING = "pending"
        APPROVED = "approved"
        REJECTED = "rejected"

    class Source(models.TextChoices):
        CROWD = "crowd"
        IMPORTED = "imported"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # Null for answers imported from elsewhere: nobody leased anything for them here.
    assignment = models.OneToOneField(Assignment, on_delete=models.PROTECT, null=True, related_name="answer")
    # No index of their own: those below begin with these columns, and each index slows every submit.
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="answers", db_index=False)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="answers", db_index=False)
    worker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="answers", db_index=False
    )
    schema_version = models.ForeignKey(SchemaVersion, on_delete=models.PROTECT, db_index=False)
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.CROWD)
    value = models.JSONField()
    seconds = models.FloatField(default=0)
    edits = models.JSONField(default=list)
    # Came after its lease had ended and its slot was gone: kept, perhaps paid, never counted.
    extra = models.BooleanField(default=False, db_default=False)
    # Its author asked that nothing be done with it for now: kept, never counted or exported.
    held = models.BooleanField(default=False, db_default=False)
    # Of an answer to a gold item: field -> 1 - distance to the truth. Set once; never leaves the server.
    gold_scores = models.JSONField(null=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    reason = TypedChar(max_length=500, blank=True)
    # What kind of mistake a reviewer saw in it: one of the project's error categories.
    category = models.CharField(max_length=40, blank=True, default="", db_default="")
    # The decision that rejected it. No constraint and no index: they would slow every submit.
    decision = models.ForeignKey(
        "annotations.Review",
        on_delete=models.DO_NOTHING,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    partial_minor = models.PositiveIntegerField(default=0, db_default=0)  # paid although it was rejected
    idempotency_key = models.CharField(max_length=200, blank=True)
    request_hash = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "worker"], name="answer_once_per_person"),
            models.UniqueConstraint(
                fields=["worker", "idempotency_key"], condition=~Q(idempotency_key=""), name="answer_key_once"
            ),
        ]
        indexes = [
            models.Index(fields=["worker", "-created_at"], name="answer_history"),
            models.Index(fields=["project", "created_at"], name="answer_by_project"),
            models.Index(
                fields=["created_at"], condition=Q(state="pending", source="crowd"), name="answer_pending"
            ),
            models.Index(
                fields=["project", "category"], condition=~Q(category=""), name="answer_by_category"
            ),
            models.Index(
                fields=["project", "worker"],
                condition=Q(state="pending", gold_scores__isnull=False),
                name="answer_gold_pending",
            ),
            models.Index(
                fields=["worker", "created_at"], condition=Q(state="rejected"), name="answer_rejected"
            ),
            models.Index(
                fields=["project", "decided_at"], condition=Q(state="rejected"), name="answer_rejected_of"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} by {self.worker_id}"


# The answers that anything may be concluded from. Whatever counts, weighs or fits answers begins here.
COUNTED = Q(extra=False, held=False) & ~Q(state=Answer.State.REJECTED)


class WorkerDay(models.Model):
    """What a person handed in on one day (UTC), rejected answers included. Counted with each submit, so that
    it costs the same after 50,000 answers as after one."""

    id = models.BigAutoField(primary_key=True)
    worker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="days", db_index=False
    )
    day = models.DateField()
    currency = models.CharField(max_length=3)
    answers = models.PositiveIntegerField()
    earned_minor = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["worker", "day", "currency"], name="worker_day_once")]

    def __str__(self) -> str:
        return f"{self.worker_id} {self.day} {self.currency}"


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


class WorkerSkill(models.Model):
    """How well one person answers one field of one project, as estimated at the last full fit."""

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="skills")
    field = models.CharField(max_length=60)
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="skills")
    accuracy = models.FloatField()
    confusion = models.JSONField(default=dict)  # true label -> given label -> probability
    evidence = models.JSONField(default=dict, db_default={})  # true label -> judgments that its row is worth
    habits = models.JSONField(default=dict, db_default={})  # of spans: chance to find, name, cut right, ...
    answers = models.PositiveIntegerField(default=0)
    gold_seen = models.PositiveIntegerField(default=0)
    gold_score = models.FloatField(default=0)  # sum over gold answers of 1 - distance to the truth
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "field", "worker"], name="worker_skill_once")
        ]

    def __str__(self) -> str:
        return f"{self.worker_id} {self.field} {self.accuracy:.2f}"


class FieldFit(models.Model):
    """What the last full fit learned about a field as a whole: its label priors and the agreement."""

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="fits")
    field = models.CharField(max_length=60)
    priors = models.JSONField(default=dict)
    agreement = models.JSONField(default=dict)  # alpha, low, high, units, per label
    answers = models.PositiveIntegerField(default=0)
    # How the answers are weighed: by what gold showed, by default, or as the owner fixed it ("": not fixed).
    method = models.CharField(max_length=16, blank=True)
    fixed_method = models.CharField(max_length=16, blank=True)
    choice = models.JSONField(default=dict)  # gold seen, and per method accuracy, confidence, log_loss
    doubt = models.FloatField(default=0)  # the share of each posterior that is left to the vote
    # The model as one more annotator: its estimated confusions, the figures on gold, and whether it counts.
    reading = models.JSONField(default=dict)
    # When the answers were read, not when the fit was stored: what came in between is still to be fitted.
    fitted_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "field"], name="field_fit_once")]

    def __str__(self) -> str:
        return f"{self.project_id} {self.field}"


class ModelJudgment(models.Model):
    """What a model that never saw an item's answers reads out of its text: one more, estimated, annotator.

    `fold`: the part of the project that was left out when the model was trained; it holds this item, and its
    whole group. Only such judgments are ever stored here.
    """

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, db_index=False)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="model_judgments")
    field = models.CharField(max_length=60)
    version = models.CharField(max_length=120)
    fold = models.PositiveSmallIntegerField()
    posterior = models.JSONField()  # unit -> label -> probability
    made_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "field", "item"], name="model_judgment_once")
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.item_id} {self.field}"


class OverlapStudy(models.Model):
    """What other bars and overlaps would have cost, replayed on a sample of the answers that are in."""

    project = models.OneToOneField(
        Project, on_delete=models.CASCADE, primary_key=True, related_name="overlap_study"
    )
    items = models.PositiveIntegerField()  # in the sample
    histories = models.JSONField()  # per item: [sure, right, value's number] after each answer
    answers = models.PositiveIntegerField()  # of the project when it was made
    made_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.project_id} {self.items}"


class Suggestion(models.Model):
    """A model's answer shown (visibly as such) with an item before the person answers."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="suggestions")
    field = models.CharField(max_length=60)
    value = models.JSONField()
    confidence = models.FloatField()
    source = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "field"], name="suggestion_once")]

    def __str__(self) -> str:
        return f"{self.item_id} {self.field}"
