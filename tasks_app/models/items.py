import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Random

from common.gate import TypedChar
from common.ids import uuid7
from tasks_app.legal_basis import LegalBasis
from tasks_app.models.projects import Project

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
    # Keyed (tasks_app.content_digests): the text cannot be guessed from it.
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
