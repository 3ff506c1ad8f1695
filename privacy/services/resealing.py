"""Sealing an item's originals again: there are more of them, or they lie under VAULT_KEY itself.

Everything here happens in the caller's transaction.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import connection

from privacy import blind, keyring, sealing
from privacy.keeping import Kept
from privacy.models import BlindValue, SubjectItem, VaultEntry
from privacy.services.keeping import hold_keys, hold_subjects

_HOLD = "SELECT 1 FROM privacy_datasubject WHERE id = ANY(%s::uuid[]) ORDER BY id FOR SHARE"


def hold_subject_of(project: UUID, item: UUID) -> UUID:
    """Whose the item is, kept from being erased until the commit; its own where nobody else's."""
    link, _made = SubjectItem.objects.get_or_create(item=item, defaults={"subject": item})
    kept = Kept(str(item), str(link.subject), blind.ITEM)
    hold_subjects(project, {kept.subject: kept})
    return link.subject


def hold_subjects_of(items: Collection[UUID]) -> None:
    """Keep the subjects of all these from being erased until the commit, before any entry is locked."""
    subjects = SubjectItem.objects.filter(item__in=items).values_list("subject", flat=True)
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [sorted(set(subjects))])


def reseal(entry: VaultEntry, subject: UUID, originals: list[dict[str, Any]]) -> None:
    """Store `entry` with `originals` under a new key of its own, wrapped under the subject's."""
    sealed = sealing.seal_originals(entry.item, subject, originals)
    bound = sealing.bound_to(entry.item, subject)
    entry.subject, entry.key_id = subject, ""
    entry.nonce, entry.sealed = sealed.nonce, sealed.text
    entry.wrapped_key = sealing.wrap(hold_keys([subject])[subject], sealed.key, bound)
    entry.save()
    digests = blind.digests_of(keyring.index_key(), originals)
    BlindValue.objects.bulk_create(
        [BlindValue(digest=digest, item=entry.item) for digest in digests], ignore_conflicts=True
    )
