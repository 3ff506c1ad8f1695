from django.conf import settings
from django.db import models
from django.db.models import F, Q

from applications.health_triage import conformal
from applications.health_triage.promising import Promise, Risk, Scored, promise
from common.ends import EndNote
from common.ids import uuid7
from tasks_app.models import ImportJob, Project
from training.models import ModelVersion, Prediction
from training.models.serving import AskedWork


class RiskSetting(models.Model):
    """What may go wrong in a project, as its admin has set it; see promising.Risk."""

    project = models.OneToOneField(
        Project, on_delete=models.CASCADE, primary_key=True, related_name="triage_risk"
    )
    wrong = models.FloatField(default=Risk().wrong)
    under_triage = models.FloatField(default=Risk().under_triage)
    method = models.CharField(
        max_length=3, choices=[(name, name.upper()) for name in conformal.METHODS], default=conformal.LAC
    )
    largest_set = models.PositiveSmallIntegerField(default=Risk().largest_set)
    widest = models.PositiveSmallIntegerField(default=Risk().widest)
    # Whether abstained messages become tasks without anybody's click.
    tasks_by_themselves = models.BooleanField(default=False)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(under_triage__gt=0, under_triage__lt=F("wrong"), wrong__lt=1), name="triage_risk"
            ),
            models.CheckConstraint(condition=Q(largest_set__gte=1, widest__gte=1), name="triage_sets"),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.wrong:g} {self.under_triage:g}"

    @property
    def risk(self) -> Risk:
        return Risk(self.wrong, self.under_triage, self.method, self.largest_set, self.widest)


class Calibration(AskedWork):
    """What one pair of versions said about items held back from training: what promises are made of.

    It is of these two versions and of no others. `held_back` and `measured` are promising.Scored; the first
    sets thresholds, the second (frozen test items) only measures. `sha256` names the items and their truth.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="triage_calibrations")
    condition_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    urgency_version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    held_back = models.JSONField(null=True)
    measured = models.JSONField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["condition_version", "urgency_version"], name="triage_calibration_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.condition_version_id} {self.urgency_version_id} {self.state}"

    def end_note(self) -> EndNote:
        url = f"/projects/{self.project_id}/health-triage/coverage/"
        return EndNote("calibration", self.asked_by_id or self.project.owner_id, url, self.project.title)

    def promise(self, risk: Risk) -> Promise:
        return promise(self.scored("held_back"), risk)

    def scored(self, part: str) -> Scored:
        return Scored.from_json(getattr(self, part))


class AbstainedCase(models.Model):
    """A message that no suggestion was made for: a person has to look. It goes when its prediction does."""

    class State(models.TextChoices):
        WAITING = "waiting"
        MAKING = "making"  # the import that is to make the item has not brought it yet
        TASK = "task"  # reviewers are asked: the item is there

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="triage_cases")
    prediction = models.OneToOneField(Prediction, on_delete=models.CASCADE, related_name="triage_case")
    reasons = models.JSONField(default=list)
    highest = models.SmallIntegerField(help_text="the most urgent level that could not be ruled out")
    # Whether that was the highest one of the field, as the version knew it.
    emergency = models.BooleanField(default=False)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    # The import that was last asked for an item. One that brought none is not asked again by itself.
    job = models.ForeignKey(ImportJob, on_delete=models.SET_NULL, null=True, related_name="+")
    was_refused = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(F("project"), F("highest").desc(), F("id"), name="triage_case_queue"),
            models.Index(fields=["project"], condition=Q(state="making"), name="triage_case_making"),
        ]

    def __str__(self) -> str:
        return f"{self.prediction_id} {self.state}"

    @property
    def external_id(self) -> str:
        """Of the item that is made of it."""
        return f"triage-{self.pk}"
