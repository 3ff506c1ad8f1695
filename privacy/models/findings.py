"""What was found in texts, what was missed, and how much of that is to be expected. No value in the clear."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.gate import TypedChar
from common.ids import uuid7


class Finding(models.Model):
    """Where in an item's published text a replacement stands, and of what kind. Never holds the value."""

    id = models.BigAutoField(primary_key=True)
    project = models.UUIDField()
    item = models.UUIDField(db_index=True)
    turn = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    kind = models.CharField(max_length=30)
    detector = models.CharField(max_length=60)
    score = models.FloatField()
    replacement = models.CharField(max_length=120)

    class Meta:
        indexes = [models.Index(fields=["project", "kind"], name="finding_by_kind")]

    def __str__(self) -> str:
        return f"{self.kind} in {self.item}"


class MissedValue(models.Model):
    """Somebody's word that personal data is left in an item, which nobody is shown until that is decided.

    The place counts in the item's text as it was flagged; without one, a reviewer is to look for it.
    `digest` is keyed and of the normalised value. `item_state`: what the item was before it was pulled.
    `fixed` says how many of what were put right, once it is confirmed.
    """

    class State(models.TextChoices):
        OPEN = "open"
        CONFIRMED = "confirmed"
        REJECTED = "rejected"

    class Source(models.TextChoices):
        FLAG = "flag"
        CHECK = "check"  # found by whoever read a sample

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.UUIDField()
    item = models.UUIDField(db_index=True)
    turn = models.PositiveIntegerField(null=True)
    start = models.PositiveIntegerField(null=True)
    end = models.PositiveIntegerField(null=True)
    kind = models.CharField(max_length=30, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    source = models.CharField(max_length=5, choices=Source.choices, default=Source.FLAG)
    flagged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    item_state = models.CharField(max_length=10, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    reason = TypedChar(max_length=500, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    fixed = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            # Two who flag the same words at the same moment report one thing.
            models.UniqueConstraint(
                fields=["item", "turn", "start", "end"],
                condition=Q(state="open"),
                name="missed_value_once",
                nulls_distinct=False,
            )
        ]
        indexes = [
            models.Index(fields=["project", "-created_at"], name="missed_value_by_project"),
            models.Index(fields=["created_at"], condition=Q(state="open"), name="missed_value_open"),
        ]

    def __str__(self) -> str:
        return f"{self.kind or 'something'} missed in {self.item}"


class LearnedValue(models.Model):
    """A confirmed value, as a keyed digest: found in every text from now on.

    `project` null: on the whole site. `words`, `loose`: see privacy.pii.learned.Form.
    """

    id = models.BigAutoField(primary_key=True)
    project = models.UUIDField(null=True)
    digest = models.CharField(max_length=64)
    kind = models.CharField(max_length=30)
    words = models.PositiveSmallIntegerField()
    loose = models.BooleanField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "digest"], name="learned_value_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} learned in {self.project}"


class LearnedStamp(models.Model):
    """Changes with the values learned in a project (null: on the whole site); a trigger sees to it.

    So what was read of them may be kept for as long as its stamps stay. Of several who learn at the same
    moment each changes a row that nobody else holds, or adds one: a project has a few, and nobody waits.
    Random rather than counted: what a transaction that was rolled back has seen never comes again.
    """

    id = models.BigAutoField(primary_key=True)
    project = models.UUIDField(null=True, db_index=True)
    stamp = models.UUIDField()

    def __str__(self) -> str:
        return f"{self.stamp} of {self.project}"


class Job(models.Model):
    """Long work in batches: whoever claims the row does it, and its place is committed with each batch."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.UUIDField(db_index=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.QUEUED)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} of {self.project}"

    @property
    def is_live(self) -> bool:
        return self.state in {self.State.QUEUED, self.State.RUNNING}


class CanaryEstimate(Job):
    """How much of what is planted into copies of a project's texts is found.

    `tally`: kind -> [found, planted]. `seed` decides what is planted where, so that a killed worker's job
    goes on as it would have.
    """

    seed = models.BigIntegerField()
    tally = models.JSONField(default=dict)


class Rescan(Job):
    """Reading a project's items again with today's detectors, or for what was learned alone.

    `position` is the last item that was read.
    """

    learned_only = models.BooleanField(default=False)

    position = models.BigIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    findings = models.JSONField(default=dict)


class SampleCheck(models.Model):
    """Texts drawn for people to read. `strata`: name -> how many texts the project has of it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.UUIDField(db_index=True)
    strata = models.JSONField()
    size = models.PositiveIntegerField()
    drawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"check of {self.project}"


class CheckedText(models.Model):
    """One text of a sample, and what its reader said. Counts only: what was missed is a MissedValue."""

    id = models.BigAutoField(primary_key=True)
    check_of = models.ForeignKey(SampleCheck, on_delete=models.CASCADE, related_name="texts")
    item = models.UUIDField(db_index=True)
    stratum = models.CharField(max_length=10)
    place = models.PositiveIntegerField()
    marked = models.PositiveIntegerField(default=0)  # values marked while it is read
    missed = models.PositiveIntegerField(null=True)  # the same once it was read; None until then
    read_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["check_of", "item"], name="checked_text_once")]

    def __str__(self) -> str:
        return f"{self.stratum} {self.place}"


class TrustedReading(models.Model):
    """The project (`reader`) in which trusted reviewers look for what was missed in another one."""

    id = models.BigAutoField(primary_key=True)
    project = models.UUIDField(unique=True)
    reader = models.UUIDField(unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.reader} reads {self.project}"
