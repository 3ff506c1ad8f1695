"""What is left over: originals without a key (a restored backup's), keys without originals (retention's)."""

from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from privacy.models import BlindValue, DataSubject, DestroyedKey, SubjectItem, SubjectKey, VaultEntry


def _unreadable() -> QuerySet[VaultEntry]:
    key = SubjectKey.objects.filter(subject=OuterRef("subject"))
    return VaultEntry.objects.exclude(subject=None).exclude(Exists(key))


def count_unreadable() -> int:
    return _unreadable().count()


@transaction.atomic
def delete_unreadable() -> int:
    """With their digests in the blind index. Whose the items are stays known, so that they can be erased."""
    BlindValue.objects.filter(item__in=_unreadable().values("item")).delete()
    deleted, _by_model = _unreadable().delete()
    return deleted


def destroy_unused_keys() -> int:
    """Of subjects all of whose originals are gone, so that old backups do not open them either."""
    entries = VaultEntry.objects.filter(subject=OuterRef("subject"))
    unused = SubjectKey.objects.exclude(Exists(entries)).values_list("pk", flat=True)
    return sum(map(_destroy_if_unused, list(unused)))


@transaction.atomic
def _destroy_if_unused(subject: UUID) -> int:
    list(DataSubject.objects.select_for_update().filter(pk=subject).values_list("pk"))
    key = SubjectKey.objects.select_for_update().filter(pk=subject).first()
    items = SubjectItem.objects.filter(subject=subject).values("item")
    # An import may have brought one in since.
    if key is None or VaultEntry.objects.filter(item__in=items, subject=subject).exists():
        return 0
    DestroyedKey.objects.create(serial=key.serial)
    key.delete()
    return 1
