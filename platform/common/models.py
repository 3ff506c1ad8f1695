from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from common.gate import TypedChar
from common.ids import uuid7


class AuditEvent(models.Model):
    """Who did what to which row, and when. Append-only (a trigger refuses changes); holds ids and codes."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(auto_now_add=True)
    actor = models.UUIDField(null=True)
    action = models.CharField(max_length=60)
    target_type = models.CharField(max_length=40)
    target = models.CharField(max_length=60)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["target_type", "target"], name="audit_target"),
            # Read from the newest on, by cursor.
            models.Index(fields=["actor", "-id"], name="audit_by_actor"),
            models.Index(fields=["action", "-id"], name="audit_by_action"),
            models.Index(fields=["at"], name="audit_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target_type} {self.target}"


class AuditNote(models.Model):
    """What somebody typed when they did it. Outside of the chain: a note can be erased, the event cannot."""

    event = models.BigIntegerField(primary_key=True)
    text = TypedChar(max_length=500)

    def __str__(self) -> str:
        return f"note to {self.event}"


class AuditPending(models.Model):
    """Events that the chain has not yet taken; a trigger puts each one in as it is written."""

    event = models.BigIntegerField(primary_key=True)

    def __str__(self) -> str:
        return str(self.event)


class AuditLink(models.Model):
    """An event's place in the chain: hash = SHA-256(previous hash, canonical event). Append-only as well."""

    position = models.BigIntegerField(primary_key=True)
    event = models.BigIntegerField(unique=True)
    previous = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"link {self.position}"


class AuditCheck(models.Model):
    """One verification of the chain, and the signed head that it ended with."""

    class State(models.TextChoices):
        ASKED = "asked"
        RUNNING = "running"
        INTACT = "intact"
        BROKEN = "broken"

    id = models.BigAutoField(primary_key=True)
    asked_by = models.UUIDField(null=True)
    asked_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    since = models.BigIntegerField(default=0)
    checked = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    position = models.BigIntegerField(default=0)
    head = models.CharField(max_length=64, default="")
    unsealed = models.BigIntegerField(default=0)
    problems = models.JSONField(default=dict)
    signature = models.CharField(max_length=128, default="")
    public_key = models.CharField(max_length=64, default="")

    def __str__(self) -> str:
        return f"check {self.pk}: {self.state}"


class IdempotencyRecord(models.Model):
    """The answer once given to (owner, key), so that a repeated request gets the same one back."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.UUIDField()
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="idempotency_owner_key")]

    def __str__(self) -> str:
        return self.key
