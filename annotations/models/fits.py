from django.conf import settings
from django.db import models

from tasks_app.models import Item, Project


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
