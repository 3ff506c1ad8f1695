import uuid
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Random

from common.gate import TypedChar, TypedText
from common.ids import uuid7
from tasks_app.designing import PutAway, SchemaDraft, TryOut
from tasks_app.erased import ErasedText
from tasks_app.legal_basis import LegalBasis
from tasks_app.qualifying import (
    Qualification,
    QualificationAttempt,
    QualificationItem,
    WorkerQualification,
)

__all__ = [
    "Assignment",
    "ErasedText",
    "Flag",
    "ImportJob",
    "Item",
    "Project",
    "PutAway",
    "Qualification",
    "QualificationAttempt",
    "QualificationItem",
    "SchemaDraft",
    "SchemaVersion",
    "TryOut",
    "WorkerProgress",
    "WorkerQualification",
]


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


_GOLD = Q(free=True, gold__isnull=False)
_ASKED = Q(free=True, gold__isnull=True)
# A language without its region: whoever reads "en" reads "en-GB".
LANE = Func(F("language"), Value("-"), Value(1), function="split_part")


class Item(models.Model):
    """One dialogue, text, pair or set of candidates to be answered.

    `slots` is how many answers are wanted (and already paid for in the ledger's reserve), `taken` how many of
    them are leased or submitted, `submitted` how many are in. The database itself refuses taken > slots.
    """

    class State(models.TextChoices):
        WAITING = "waiting"  # imported; no slot is funded yet
        OPEN = "open"
        CLOSED = "closed"  # every field's consensus is final
        WITHDRAWN = "withdrawn"  # flagged or erased; shown to nobody

    # Random, not time-ordered: an id must not tell when the item was added (gold often comes later).
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # No index of its own: those below begin with it, and each index slows every claim.
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="items", db_index=False)
    external_id = models.CharField(max_length=200, blank=True)
    group = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=10, blank=True)
    payload = models.JSONField()
    meta = models.JSONField(default=dict)
    content_hash = models.CharField(max_length=64)
    gold = models.JSONField(null=True)
    split = models.CharField(max_length=5, blank=True, choices=[("train", "train"), ("test", "test")])
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    position = models.BigIntegerField()
    # Zero unless the project asks by priority; written by `rank_items` alone.
    priority = models.FloatField(default=0)
    # Its place for random sampling, drawn once: everybody walks the same ring from a start of their own.
    shuffle = models.FloatField(db_default=Random(), editable=False)
    slots = models.PositiveIntegerField(default=0)
    taken = models.PositiveIntegerField(default=0)
    submitted = models.PositiveIntegerField(default=0)
    # What the indexes below ask, instead of the counters: PostgreSQL changes a row in its place only while no
    # index names a column that changed, and this one changes with the last slot and not with each.
    free = models.GeneratedField(
        expression=Q(taken__lt=F("slots"), state="open"),  # type: ignore[arg-type]  # a Q is one
        output_field=models.BooleanField(),
        db_persist=True,
    )
    needs_aggregation = models.BooleanField(default=False)
    # On request of somebody who occurs in it: not asked, exported or learned from until that is lifted.
    restricted = models.BooleanField(default=False, db_default=False)
    # What the import said of this text alone: consent None and empty words leave it to the project.
    consent = models.BooleanField(null=True)
    legal_basis = models.CharField(
        max_length=20, choices=LegalBasis.choices, blank=True, default="", db_default=""
    )
    licence = models.CharField(max_length=100, blank=True, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "content_hash"], name="item_content_once"),
            models.UniqueConstraint(
                fields=["project", "external_id"], condition=~Q(external_id=""), name="item_external_id_once"
            ),
            models.CheckConstraint(condition=Q(taken__lte=F("slots")), name="item_never_over_assigned"),
            models.CheckConstraint(
                condition=Q(submitted__lte=F("taken")), name="item_submitted_within_taken"
            ),
        ]
        indexes = [
            # The claim's only ways to items: those with a free slot, in the order in which they are asked.
            # "priority * -1" so that one row comparison finds what comes after a person's cursor.
            models.Index(
                F("project"), F("priority") * -1, F("position"), condition=_ASKED, name="item_asked"
            ),
            models.Index(fields=["project", "shuffle"], condition=_ASKED, name="item_asked_shuffled"),
            # The same by language, for people who do not read all of a project's.
            models.Index(
                F("project"),
                LANE,
                F("priority") * -1,
                F("position"),
                condition=_ASKED,
                name="item_asked_lanes",
            ),
            models.Index(
                F("project"), LANE, F("shuffle"), condition=_ASKED, name="item_asked_lanes_shuffled"
            ),
            models.Index(fields=["project", "shuffle"], condition=_GOLD, name="item_open_gold"),
            models.Index(F("project"), LANE, F("shuffle"), condition=_GOLD, name="item_open_gold_lanes"),
            models.Index(fields=["project", "position"], name="item_by_position"),
            models.Index(fields=["project", "state", "position"], name="item_by_state"),
            models.Index(fields=["project", "position"], condition=Q(gold__isnull=False), name="item_gold"),
            models.Index(fields=["project"], condition=Q(needs_aggregation=True), name="item_to_aggregate"),
        ]

    def __str__(self) -> str:
        return self.external_id or str(self.id)


class Assignment(models.Model):
    """One slot of one item lent to one person for a limited time."""

    class State(models.TextChoices):
        LEASED = "leased"
        SUBMITTED = "submitted"
        RETURNED = "returned"
        EXPIRED = "expired"
        WITHDRAWN = "withdrawn"  # we took the item away while the person had it
        LATE = "late"  # answered after its end, without a slot

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # No indexes of their own: those below begin with these columns, and each slows every claim and submit.
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="assignments", db_index=False)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="assignments", db_index=False)
    worker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assignments", db_index=False
    )
    schema_version = models.ForeignKey(SchemaVersion, on_delete=models.PROTECT, db_index=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.LEASED)
    reward_minor = models.PositiveIntegerField()
    claim_key = models.CharField(max_length=200, blank=True)
    # The item's group, kept here so that a person's share of one is counted without a look at items.
    item_group = models.CharField(max_length=200, blank=True, db_default="")
    created_at = models.DateTimeField()
    lease_expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    # Active time, idle minutes left out, as the workbench measured it; what the hourly rate is made from.
    seconds = models.FloatField(db_default=0)
    reason = TypedChar(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "worker"], name="assignment_once_per_person")]
        indexes = [
            models.Index(fields=["lease_expires_at"], condition=Q(state="leased"), name="assignment_expiry"),
            models.Index(
                fields=["worker", "project"], condition=Q(state="leased"), name="assignment_live_by_worker"
            ),
            models.Index(fields=["worker", "-created_at"], name="assignment_history"),
            models.Index(fields=["project", "state"], name="assignment_by_project"),
            models.Index(
                fields=["worker", "project", "item_group"],
                condition=~Q(item_group=""),
                name="assignment_by_group",
            ),
            models.Index(
                fields=["worker", "project"],
                condition=Q(state__in=["returned", "expired"]),
                name="assignment_given_back",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.state}"


class WorkerProgress(models.Model):
    """How far a person has come through a project, and whether they may go on."""

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    # Everything before this place has been seen, so that a claim never walks over answered items again.
    cursor_priority = models.FloatField(null=True)
    cursor_position = models.BigIntegerField(null=True)
    cursor_shuffle = models.FloatField(null=True)
    cursor_gold = models.FloatField(null=True)
    claimed = models.PositiveIntegerField(default=0)
    banned_at = models.DateTimeField(null=True)
    banned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    ban_reason = TypedChar(max_length=500, blank=True, default="")
    # No new items until the person has learned the rules again.
    retrain_since = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "worker"], name="worker_progress_once")]

    def __str__(self) -> str:
        return f"{self.worker_id} in {self.project_id}"


class ImportJob(models.Model):
    """A file on its way into a project. `offset` and the counts are committed with each batch of items, so a
    killed worker's job goes on where the last committed batch ended."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="import_jobs")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    path = models.CharField(max_length=300)
    format = models.CharField(max_length=10)
    options = models.JSONField(default=dict)
    size = models.BigIntegerField(default=0)
    offset = models.BigIntegerField(default=0)
    read = models.PositiveIntegerField(default=0)
    imported = models.PositiveIntegerField(default=0)
    skipped = models.JSONField(default=dict)
    findings = models.JSONField(default=dict)
    error_count = models.PositiveIntegerField(default=0)
    errors = models.JSONField(default=list)
    reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.project_id} {self.state}"


class Flag(models.Model):
    """A person's word that an item must not be shown: personal data left, unclear, or broken."""

    class Kind(models.TextChoices):
        PERSONAL_DATA = "personal_data"
        UNCLEAR = "unclear"
        BROKEN = "broken"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="flags")
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    kind = models.CharField(max_length=14, choices=Kind.choices)
    comment = TypedChar(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.item_id}"
