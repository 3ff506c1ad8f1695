"""What customer service knows, what it was asked, and what it could not answer."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast
from pgvector.django import HalfVectorField, HnswIndex

from common.gate import TypedText
from common.ids import uuid7
from tasks_app.models import ImportJob, Item, Project

# Encoders of these widths have an index over their vectors; those of another are searched row by row.
INDEXED = (384, 768, 1024)
UNKNOWN = "unknown-"  # what the ids of items begin with that were questions


class Pair(models.Model):
    """A question and the approved answer to it.

    vector: of the question, of unit length, by `encoder`; None until a worker has made it. words: of question
    and answer, for the search by words. digest: of project, language and both texts, so that none is there
    twice. `dimensions` is the vector's own width: each indexed width has an HNSW index of its own.
    is_on: what people want of it. stands: whether what it came from is still approved (see Ground); only a
    pair that is both answers anybody.
    """

    class Source(models.TextChoices):
        SPANS = "spans"
        LINKS = "links"
        TEXT = "text"
        FILE = "file"
        HAND = "hand"
        UNKNOWN = "unknown"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="answer_pairs")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, null=True, related_name="answer_pairs")
    question = TypedText()
    answer = TypedText()
    language = models.CharField(max_length=10, blank=True)
    source = models.CharField(max_length=7, choices=Source.choices)
    digest = models.CharField(max_length=64)
    is_on = models.BooleanField(default=True)
    stands = models.BooleanField(default=True, db_default=True)
    edited = models.BooleanField(default=False)
    words: Any = ArrayField(models.TextField(), default=list)
    vector: Any = HalfVectorField(null=True)
    dimensions = models.PositiveSmallIntegerField(null=True)
    encoder = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "digest"], name="pair_once")]
        indexes = [
            GinIndex(fields=["words"], name="pair_words"),
            models.Index(fields=["project", "-id"], name="pair_newest"),
            models.Index(fields=["project", "encoder"], name="pair_by_encoder"),
            *(
                HnswIndex(
                    OpClass(Cast("vector", HalfVectorField(dimensions=width)), name="halfvec_cosine_ops"),
                    name=f"pair_vector_{width}", m=16, ef_construction=64,
                    condition=Q(dimensions=width),
                )
                for width in INDEXED
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"pair {self.pk}"


class Ground(models.Model):
    """That a pair rests on the approved answer to one field of one item. A pair may have several.

    holds: whether that answer is still approved; the row stays, so that it can hold again.
    """

    pair = models.ForeignKey(Pair, on_delete=models.CASCADE, related_name="grounds")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+")
    field = models.CharField(max_length=60)
    holds = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pair", "item", "field"], name="ground_once")]

    def __str__(self) -> str:
        return f"{self.pair_id} by {self.item_id} {self.field}"


class LeftOut(models.Model):
    """How many approved answers of an item are empty or too long to become pairs."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    item = models.OneToOneField(Item, on_delete=models.CASCADE, related_name="+")
    count = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.count} of {self.item_id}"


class Knowledge(models.Model):
    """How far a project's approved answers have joined its pairs, and how often an answer is to be right.

    looked_at: when it was last asked of every pair whether it still stands. is_stale: whether pairs have
    changed since the thresholds were chosen.
    """

    project = models.OneToOneField(
        Project, on_delete=models.CASCADE, primary_key=True, related_name="answer_knowledge"
    )
    wanted = models.FloatField(default=0.8, db_default=0.8)
    seen_until = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)
    is_stale = models.BooleanField(default=True, db_default=True)

    def __str__(self) -> str:
        return f"knowledge of {self.project_id}"


class Threshold(models.Model):
    """How alike a question must be to a known one to be answered; see calibration.

    similarity: None where no threshold reached the wanted share; then only the same question is answered.
    precision, covered: measured at the threshold on the `questions` that were held out from choosing it.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="answer_thresholds")
    language = models.CharField(max_length=10, blank=True)
    encoder = models.CharField(max_length=300)
    wanted = models.FloatField()
    similarity = models.FloatField(null=True)
    precision = models.FloatField(null=True)
    covered = models.FloatField(default=0)
    questions = models.PositiveIntegerField()
    made_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "language"], name="threshold_once")]

    def __str__(self) -> str:
        return f"threshold {self.similarity}"


class Unknown(models.Model):
    """A question that no approved answer was near enough to; others that mean the same are counted here.

    external_id names the item that it became, `pair` the answer that came of it. `job` imports it while it is
    being made a task; `problem` says why it came back from there. restricted: whoever asked it first has had
    the use of their data restricted; nobody is shown it, and it is compared with nothing.
    """

    class State(models.TextChoices):
        NEW = "new"
        MAKING = "making"
        TASK = "task"
        ANSWERED = "answered"

    class Problem(models.TextChoices):
        NONE = ""
        FAILED = "failed"  # the import did not end well
        REFUSED = "refused"  # it left this text out: it is there already, or cannot be read
        GONE = "gone"  # the item was withdrawn or erased

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="unknown_questions")
    text = TypedText()
    language = models.CharField(max_length=10, blank=True)
    asked = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=8, choices=State.choices, default=State.NEW)
    job = models.ForeignKey(ImportJob, on_delete=models.SET_NULL, null=True, related_name="+")
    problem = models.CharField(max_length=7, choices=Problem.choices, default=Problem.NONE, blank=True)
    vector: Any = HalfVectorField()
    encoder = models.CharField(max_length=300)
    pair = models.ForeignKey(Pair, on_delete=models.SET_NULL, null=True, related_name="+")
    restricted = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["project", "state", "-asked"], name="unknown_most_asked")]

    def __str__(self) -> str:
        return f"unknown {self.pk}"

    @property
    def external_id(self) -> str:
        return f"{UNKNOWN}{self.pk}"


class Conversation(models.Model):
    """One chat. subject: the customer as a DataSubject, by a keyed digest of the name that the caller knows
    them by; the name itself is stored nowhere."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="conversations")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    subject = models.UUIDField(null=True, db_index=True)
    rating = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"conversation {self.pk}"


class Exchange(models.Model):
    """One question with its answer. cited: ids of pairs, best first. predictions: {field: id}. writer: the
    decoder whose words the answer is in; "" where it is an approved answer as it stands."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="exchanges")
    text = TypedText()
    answer = TypedText(blank=True)
    similarity = models.FloatField(null=True)
    cited: Any = models.JSONField(default=list)
    predictions: Any = models.JSONField(default=dict)
    writer = models.CharField(max_length=300, blank=True, default="", db_default="")
    unknown = models.ForeignKey(Unknown, on_delete=models.SET_NULL, null=True, related_name="exchanges")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"exchange {self.pk}"
