from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from applications.education_grading.scoring import Point
from common.ends import EndNote
from common.gate import TypedChar, TypedText
from common.ids import uuid7
from tasks_app.models import ImportJob, Project
from training.models import ModelVersion, Prediction
from training.models.serving import AskedWork


class Question(models.Model):
    """What is asked, and the answer that is held to be right.

    points: [{"text", "weight"}]; each text stands word for word in the reference, in this order.
    max_score: what the highest step of the project's scale is worth to the class.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="grading_questions")
    title = TypedChar(max_length=200)
    text = TypedText()
    reference = TypedText()
    points: Any = models.JSONField(default=list)
    max_score = models.PositiveSmallIntegerField(default=4)
    language = models.CharField(max_length=10, default="en")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "title"], name="grading_question_once")]

    def __str__(self) -> str:
        return self.title

    @property
    def places(self) -> list[Point]:
        found, end = [], 0
        for point in self.points:
            start = self.reference.index(point["text"], end)
            end = start + len(point["text"])
            found.append(Point(start, end, point["weight"]))
        return found

    @property
    def point_texts(self) -> list[str]:
        return [point["text"] for point in self.points]


class Submission(models.Model):
    """A learner's answer, from coming in to being released. `learner` is a keyed digest of who it is,
    `subject` the DataSubject of that name, by which requests find it.

    round: counts decisions and disputes; whoever decides names the one they saw, so that of two teachers at
    the same moment one wins. `proposed` and the rest are what the models said; `score` is what counts.
    """

    class State(models.TextChoices):
        WAITING = "waiting"  # for a teacher
        RELEASED = "released"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="submissions")
    key = models.CharField(max_length=64, help_text="digest of the caller's own id of it")
    learner = models.CharField(max_length=64)
    subject = models.UUIDField(null=True)
    text = TypedText(blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    round = models.PositiveSmallIntegerField(default=0)
    proposed = models.SmallIntegerField(null=True)
    shares: Any = models.JSONField(default=list)
    confidence = models.FloatField(default=0)
    doubt = models.FloatField(default=99, help_text="99 where nobody has judged it yet")
    guards: Any = models.JSONField(default=list)
    score_prediction = models.ForeignKey(Prediction, on_delete=models.SET_NULL, null=True, related_name="+")
    missing_prediction = models.ForeignKey(Prediction, on_delete=models.SET_NULL, null=True, related_name="+")
    score = models.SmallIntegerField(null=True)
    missing: Any = models.JSONField(default=list)
    feedback = TypedText(blank=True)
    objection = TypedText(blank=True)
    disputed_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    decided_at = models.DateTimeField(null=True)
    taught_at = models.DateTimeField(null=True)
    # The import that was asked to make an item of it.
    teaching = models.ForeignKey(ImportJob, on_delete=models.SET_NULL, null=True, related_name="+")
    restricted = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["question", "key"], name="grading_submission_once")]
        indexes = [
            # Who disagrees waits longest for nothing; then the greatest doubt.
            models.Index(
                F("question"), F("disputed_at"), F("doubt").desc(), F("id"),
                condition=Q(state="waiting"), name="grading_queue",
            ),
            models.Index(fields=["learner"], name="grading_learner"),
            models.Index(fields=["subject"], name="grading_subject"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.question_id} {self.state}"

    @property
    def external_id(self) -> str:
        """Of the item that is made of it."""
        return f"submission-{self.pk}"


class FeedbackEdit(models.Model):
    """One version of the words to a learner; none is ever overwritten. No editor: the draft."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="edits")
    text = TypedText(blank=True)
    editor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.submission_id} {self.created_at}"


class ReleaseRule(models.Model):
    """What may go to learners without a teacher. Off until somebody switches it on."""

    project = models.OneToOneField(
        Project, on_delete=models.CASCADE, primary_key=True, related_name="release_rule"
    )
    is_on = models.BooleanField(default=False)
    far = models.FloatField(default=0.05, help_text="the share that may be off by two or more")
    kappa = models.FloatField(default=0.0, help_text="the least agreement; 0 for any")
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(far__gt=0, far__lt=1, kappa__gte=0, kappa__lt=1), name="grading_release"
            )
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.is_on}"


class Calibration(AskedWork):
    """What one pair of versions said about answers held back from training, with their truth: releasing.Known
    as JSON. A threshold is of these two versions and of no others.

    sha256 names the answers and their truth. wanted: {far, kappa} of the rule that is to be switched on when
    this is made, if it can be kept; None where nothing waits for it.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="grading_calibrations")
    score_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    missing_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    known: Any = models.JSONField(default=list)
    sha256 = models.CharField(max_length=64, blank=True)
    wanted: Any = models.JSONField(null=True)
    made_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["score_version", "missing_version"], name="grading_calibration_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.score_version_id} {self.missing_version_id} {self.state}"

    def end_note(self) -> EndNote:
        url = f"/projects/{self.project_id}/education-grading/release/"
        return EndNote("grading", self.asked_by_id, url, self.project.title)
