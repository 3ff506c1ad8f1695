from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from common.ids import uuid7


class AuditEvent(models.Model):
    """Who did what to which row, and when. Append-only (a trigger refuses changes); holds no item text."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(auto_now_add=True)
    actor = models.UUIDField(null=True)
    action = models.CharField(max_length=60)
    target_type = models.CharField(max_length=40)
    target = models.CharField(max_length=60)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["target_type", "target"], name="audit_target")]

    def __str__(self) -> str:
        return f"{self.action} {self.target_type} {self.target}"


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
