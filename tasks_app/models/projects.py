from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q

from common.gate import TypedChar, TypedText
from common.ids import uuid7
from tasks_app.legal_basis import LegalBasis


class Project(models.Model):
    """A task published to a crowd: what to ask, of whom, how often, for how much."""

    class State(models.TextChoices):
        DRAFT = "draft"
        PUBLISHED = "published"
        PAUSED = "paused"
        FINISHED = "finished"

    class Visibility(models.TextChoices):
        OPEN = "open"
        INVITED = "invited"

    class Sampling(models.TextChoices):
        RANDOM = "random"
        ORDERED = "ordered"  # as imported
        PRIORITY = "priority"  # what a model would learn most from comes first

    class PrivacyPolicy(models.TextChoices):
        PLACEHOLDER = "placeholder"
        SURROGATE = "surrogate"
        MASK = "mask"
        KEEP = "keep"
        DROP = "drop"

    class Originals(models.TextChoices):
        VAULT = "vault"
        DISCARD = "discard"

    class MayReveal(models.TextChoices):
        OWNER = "owner"
        REQUESTERS = "requesters"
        REVIEWERS = "reviewers"

    class PrivacyScope(models.TextChoices):
        DIRECT = "direct"  # what tells by itself who somebody is
        ALL = "all"  # places, organisations, dates and the like too

    class ErasureOfAnswers(models.TextChoices):
        ANONYMISE = "anonymise"  # they stay, and are nobody's
        REMOVE = "remove"

    class ErasureOfModels(models.TextChoices):
        QUARANTINE = "quarantine"
        RETRAIN = "retrain"
        KEEP = "keep"  # on a ground that is written down

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="projects")
    title = TypedChar(max_length=120)
    instructions = TypedText(blank=True)
    template = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    visibility = models.CharField(max_length=10, choices=Visibility.choices, default=Visibility.OPEN)
    languages = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    reward_minor = models.PositiveIntegerField(default=0)
    currency = models.CharField(max_length=3, default="USD")
    budget_minor = models.PositiveBigIntegerField(null=True)
    overlap_min = models.PositiveSmallIntegerField(default=3)
    overlap_max = models.PositiveSmallIntegerField(default=5)
    confidence = models.FloatField(default=0.9)
    lease_seconds = models.PositiveIntegerField(default=1800)
    gold_share = models.FloatField(default=0.05)
    sample_check_share = models.FloatField(default=0.05)
    auto_approve_after = models.PositiveIntegerField(default=7 * 24 * 3600, help_text="seconds")
    qualification = models.JSONField(null=True)  # {"requires": [ids]}
    sampling = models.CharField(max_length=8, choices=Sampling.choices, default=Sampling.ORDERED)
    # How many answers one person gives at most in the project, and of one item group.
    max_per_person = models.PositiveIntegerField(null=True)
    max_per_group = models.PositiveIntegerField(null=True)
    privacy_policy = models.CharField(
        max_length=12, choices=PrivacyPolicy.choices, default=PrivacyPolicy.PLACEHOLDER
    )
    privacy_scope = models.CharField(
        max_length=8,
        choices=PrivacyScope.choices,
        default=PrivacyScope.DIRECT,
        db_default=PrivacyScope.DIRECT,
    )
    # What becomes of replaced values, and who, beside administrators, may look at them for a reason.
    originals = models.CharField(
        max_length=7, choices=Originals.choices, default=Originals.VAULT, db_default=Originals.VAULT
    )
    may_reveal = models.CharField(
        max_length=10, choices=MayReveal.choices, default=MayReveal.OWNER, db_default=MayReveal.OWNER
    )
    # Whether imports ask the site's own span model as well as the rules.
    privacy_model = models.BooleanField(default=False, db_default=False)
    # Due process: decisions that a second reviewer takes again blindly, the reasons that reviewers pick from
    # (empty: the usual ones), what is paid all the same, and whether rejected gold answers show the truth.
    second_review_share = models.FloatField(db_default=0.0, default=0.0)
    # How many different reviewers have to agree before an answer is approved; with 1, sure ones need nobody.
    reviewers_needed = models.PositiveSmallIntegerField(db_default=1, default=1)
    # For how long a submitted answer can be taken back: it stays with the annotator until then.
    undo_seconds = models.PositiveSmallIntegerField(
        db_default=0, default=0, validators=[MaxValueValidator(30)]
    )
    error_categories: Any = models.JSONField(default=list, blank=True, db_default=[])
    pay_rejected_share = models.FloatField(db_default=0.0, default=0.0)
    pay_withdrawn_share = models.FloatField(db_default=0.5, default=0.5)
    gold_evidence = models.BooleanField(db_default=False, default=False)
    # When a person has data erased: what becomes of their answers, and of models that learned from the data.
    erasure_answers = models.CharField(
        max_length=9,
        choices=ErasureOfAnswers.choices,
        default=ErasureOfAnswers.ANONYMISE,
        db_default=ErasureOfAnswers.ANONYMISE,
    )
    erasure_models = models.CharField(
        max_length=10,
        choices=ErasureOfModels.choices,
        default=ErasureOfModels.QUARANTINE,
        db_default=ErasureOfModels.QUARANTINE,
    )
    erasure_ground = TypedChar(max_length=500, blank=True, default="", db_default="")
    # How many texts people must have read for missed personal data, and that the share found was measured,
    # before the crowd sees any; 0: neither is asked for.
    privacy_check = models.PositiveIntegerField(db_default=0, default=0)
    # Where the texts come from and what allows to pass them on; a line of an import may say otherwise.
    data_source = TypedChar(max_length=300, blank=True, default="", db_default="")
    data_licence = TypedChar(max_length=100, blank=True, default="", db_default="")
    data_basis = models.CharField(
        max_length=20, choices=LegalBasis.choices, blank=True, default="", db_default=""
    )
    # While set, no more than so many items are asked: what they take and cost tells what all will.
    pilot_items = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(overlap_min__gte=1) & Q(overlap_max__gte=F("overlap_min")), name="project_overlap"
            ),
            models.CheckConstraint(
                condition=Q(confidence__gt=0, confidence__lte=1), name="project_confidence"
            ),
            models.CheckConstraint(
                condition=Q(gold_share__gte=0, gold_share__lt=1), name="project_gold_share"
            ),
            models.CheckConstraint(
                condition=Q(sample_check_share__gte=0, sample_check_share__lte=1), name="project_sample_share"
            ),
            models.CheckConstraint(
                condition=Q(second_review_share__gte=0, second_review_share__lte=1),
                name="project_second_review_share",
            ),
            models.CheckConstraint(
                condition=Q(reviewers_needed__gte=1, reviewers_needed__lte=3), name="project_reviewers_needed"
            ),
            models.CheckConstraint(
                condition=Q(pay_rejected_share__gte=0, pay_rejected_share__lte=1)
                & Q(pay_withdrawn_share__gte=0, pay_withdrawn_share__lte=1),
                name="project_partial_pay",
            ),
            models.CheckConstraint(
                condition=~Q(erasure_models="keep") | ~Q(erasure_ground=""), name="project_keeps_on_a_ground"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_live(self) -> bool:
        return self.state == self.State.PUBLISHED

    @property
    def licence(self) -> str:
        """Of its texts, where a line of an import names no other; empty: nobody has said."""
        return self.data_licence or str(settings.DATA_LICENCE)

    @property
    def legal_basis(self) -> str:
        return self.data_basis or str(settings.DATA_LEGAL_BASIS)


class SchemaVersion(models.Model):
    """The answer fields as they were from one moment on. Never edited: an edit makes the next number."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="schema_versions")
    number = models.PositiveIntegerField()
    fields: Any = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="schema_version_once")]

    def __str__(self) -> str:
        return f"{self.project_id} v{self.number}"
