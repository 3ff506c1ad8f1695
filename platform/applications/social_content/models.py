from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from pgvector.django import VectorField

from common.ends import EndNote
from common.gate import TypedChar, TypedText
from common.ids import uuid7
from tasks_app.models import Project
from training.models import ModelVersion, Prediction
from training.models.serving import AskedWork


class Post(models.Model):
    """Somebody's post, and what is known of its safety.

    key: the caller's own id of it. author: keyed digest of the caller's id of the author. score, label,
    version: how sure which version is that it is safe, and what it takes the worst reading for; empty until
    a worker has asked it. decided: what a person found, which outweighs the model. restricted: by a privacy
    request; kept, but neither shown nor read. vector: of the text. subject: the DataSubject of the author's
    id. tongues: see tongues.py, None before it was read. changed_at: when the text took an older one's place.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="posts")
    key = models.CharField(max_length=100)
    author = models.UUIDField(null=True)
    subject = models.UUIDField(null=True)
    text = TypedText()
    posted_at = models.DateTimeField()
    boost = models.FloatField(default=0.0)
    score = models.FloatField(null=True)
    label = TypedChar(max_length=60, blank=True)
    version = models.ForeignKey(ModelVersion, on_delete=models.SET_NULL, null=True, related_name="+")
    prediction = models.UUIDField(null=True)
    decided = models.BooleanField(null=True)
    restricted = models.BooleanField(default=False)
    vector = VectorField(null=True)
    tongues = ArrayField(models.CharField(max_length=40), null=True)
    changed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="social_post_once")]
        indexes = [
            models.Index(fields=["project", "-posted_at"], name="social_post_newest"),
            models.Index(
                fields=["project", "-score"], condition=Q(decided=None), name="social_post_undecided"
            ),
            models.Index(fields=["project", "author"], name="social_post_author"),
            models.Index(fields=["subject"], name="social_post_subject"),
            models.Index(fields=["project", "-boost"], condition=Q(boost__gt=0), name="social_post_promoted"),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.key}"


class Person(models.Model):
    """Whom a feed is made for, known by a keyed digest. profiling: False gives posts by time alone. subject:
    the DataSubject of the same id, by which requests and opt-outs find it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="feed_people")
    person = models.UUIDField()
    subject = models.UUIDField(null=True)
    interests = TypedText(blank=True)
    profiling = models.BooleanField(default=True)
    restricted = models.BooleanField(default=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "person"], name="social_person_once")]

    def __str__(self) -> str:
        return f"{self.project_id} {self.person}"


class Floor(AskedWork):
    """What a project wants to promise of what it shows, and the threshold by which it may.

    scores: of each held-out post [score, 1 for safe, 1 for calibration], without its text, so that another
    promise is worked out without asking the model again; the score is 0 where the post is hidden for its
    language. threshold: None while nothing can be promised. tongues: languages and scripts tested.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="safety_floor")
    wanted = models.FloatField(default=0.95)
    confidence = models.FloatField(default=0.95)
    version = models.ForeignKey(ModelVersion, on_delete=models.SET_NULL, null=True, related_name="+")
    threshold = models.FloatField(null=True)
    scores = models.JSONField(default=list)
    tongues = ArrayField(models.CharField(max_length=40), default=list)
    calibrated_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(wanted__gte=0.5, wanted__lt=1), name="social_floor_wanted"),
            models.CheckConstraint(
                condition=Q(confidence__gte=0.5, confidence__lt=1), name="social_floor_confidence"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.wanted}"

    def end_note(self) -> EndNote:
        url = f"/projects/{self.project_id}/social-content/floor/"
        return EndNote("floor", self.asked_by_id or self.project.owner_id, url, self.project.title)


class Objection(models.Model):
    """The author's word against a post's being hidden, once for each time it was hidden."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="objections")
    words = TypedText()
    made_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["post"], condition=Q(closed_at=None), name="social_one_open_objection"
            )
        ]

    def __str__(self) -> str:
        return f"{self.post_id} {self.made_at}"


class Decision(models.Model):
    """What a moderator found a post to be. The latest one counts."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="decisions")
    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    label = TypedChar(max_length=60)
    safe = models.BooleanField()
    reason = TypedChar(max_length=500)
    objection = models.OneToOneField(Objection, on_delete=models.SET_NULL, null=True, related_name="decision")
    decided_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.post_id} {self.label}"


class Shown(models.Model):
    """A match that a person was shown: which post, and the prediction that takes a "wrong?"."""

    prediction = models.OneToOneField(
        Prediction, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="shown")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, related_name="shown")

    def __str__(self) -> str:
        return f"{self.post_id}"
