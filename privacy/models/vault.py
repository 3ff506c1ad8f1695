from django.db import models

from common.ids import uuid7


class VaultEntry(models.Model):
    """The original values that were replaced in one item, sealed with AES-GCM. Nobody reads it in passing."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.UUIDField(db_index=True)
    item = models.UUIDField(unique=True)
    nonce = models.BinaryField(max_length=12)
    sealed = models.BinaryField()
    key_id = models.CharField(max_length=16)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"vault of {self.item}"
