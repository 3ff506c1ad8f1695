"""Originals that nothing opens any more: what a restored backup brings back of people erased since."""

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from privacy.models import BlindValue, SubjectKey, VaultEntry


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
