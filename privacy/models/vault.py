from django.db import models
from django.db.models import Q

from common.gate import TypedChar
from common.ids import uuid7


class DataSubject(models.Model):
    """A person who occurs in dialogues. Who that is stands nowhere: an id of theirs is a keyed digest here.

    kind: named by the import ("subject"), by the item's group, or, without both, one for each item.
    """

    class Kind(models.TextChoices):
        SUBJECT = "subject"
        GROUP = "group"
        ITEM = "item"

    id = models.UUIDField(primary_key=True, editable=False)
    project = models.UUIDField(db_index=True)
    kind = models.CharField(max_length=7, choices=Kind.choices)
    ref_digest = models.UUIDField(null=True)
    # What comes in of this person is restricted from the beginning.
    restricted = models.BooleanField(db_default=False, default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["ref_digest"], condition=Q(ref_digest__isnull=False), name="subject_by_ref")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class SubjectKey(models.Model):
    """A subject's random key, wrapped under VAULT_KEY. The only table that ordinary backups leave out.

    Deleting the row makes the subject's originals unreadable in every copy of the vault (crypto-shredding).
    serial: of this key; a subject may get another one.
    """

    subject = models.UUIDField(primary_key=True)
    serial = models.UUIDField()
    wrapped = models.BinaryField()
    key_id = models.CharField(max_length=16)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"key of {self.subject}"


class DestroyedKey(models.Model):
    """A key that is gone for good: no backup of keys may bring it back."""

    serial = models.UUIDField(primary_key=True)
    destroyed_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.serial)


class SiteKey(models.Model):
    """A secret of the whole site under VAULT_KEY, so that it outlives a change of that one."""

    name = models.CharField(primary_key=True, max_length=60)
    wrapped = models.BinaryField()
    key_id = models.CharField(max_length=16)

    def __str__(self) -> str:
        return self.name


class SubjectItem(models.Model):
    """Whose dialogue an item is. Other people may occur in it too: those the blind index finds."""

    item = models.UUIDField(primary_key=True)
    subject = models.UUIDField(db_index=True)

    def __str__(self) -> str:
        return f"{self.item} of {self.subject}"


class BlindValue(models.Model):
    """That a value occurs in an item's originals: a keyed digest of it, and nothing else."""

    pk = models.CompositePrimaryKey("digest", "item")
    digest = models.UUIDField()
    item = models.UUIDField(db_index=True)

    def __str__(self) -> str:
        return f"{self.digest} in {self.item}"


class VaultEntry(models.Model):
    """The original values that were replaced in one item, sealed with AES-GCM. Nobody reads it in passing.

    wrapped_key: the item's key under its subject's. Entries from before there were keys of subjects have
    neither; they are sealed with VAULT_KEY itself, and `key_id` says with which.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.UUIDField(db_index=True)
    item = models.UUIDField(unique=True)
    subject = models.UUIDField(null=True)
    nonce = models.BinaryField(max_length=12)
    sealed = models.BinaryField()
    wrapped_key = models.BinaryField(default=b"")
    key_id = models.CharField(max_length=16, blank=True)
    restricted = models.BooleanField(db_default=False, default=False)  # nobody may look until that ends
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["id"], condition=Q(subject=None), name="vault_of_no_subject")]

    def __str__(self) -> str:
        return f"vault of {self.item}"


class VaultAccess(models.Model):
    """Who looked at the originals of which item, when, and why."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.UUIDField()
    item = models.UUIDField()
    actor = models.UUIDField()
    reason = TypedChar(max_length=300)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["actor", "at"], name="vault_access_by_actor"),
            models.Index(fields=["project", "-id"], name="vault_access_by_project"),
            models.Index(fields=["item"], name="vault_access_by_item"),
        ]

    def __str__(self) -> str:
        return f"{self.actor} at {self.item}"
