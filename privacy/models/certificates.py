from typing import Any

from django.db import models

from common.ids import uuid7
from privacy.models.requests import SubjectRequest


class SigningKey(models.Model):
    """An Ed25519 key of this site. The public half stays for ever, so old certificates can be checked."""

    id = models.CharField(primary_key=True, max_length=16)  # of SHA-256 of the public key
    public = models.BinaryField(max_length=32)
    nonce = models.BinaryField(max_length=12)
    sealed = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.id


class Certificate(models.Model):
    """What was erased, signed. Holds counts and digests, no personal data."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.OneToOneField(SubjectRequest, on_delete=models.PROTECT, related_name="certificate")
    key = models.ForeignKey(SigningKey, on_delete=models.PROTECT)
    document: Any = models.JSONField()  # with its signature
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.pk)
