"""What the vault holds about a person, and who looked into it; see `privacy.holders`."""

from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from common import audit
from privacy import blind, keyring
from privacy.holders import Holding, Subject, Terms
from privacy.models import BlindValue, DataSubject, SubjectItem, SubjectKey, VaultAccess, VaultEntry
from privacy.services import subjects, vault


class VaultHolder:
    name = "privacy_vault"
    rank = 50

    def holdings(self, subject: Subject) -> Iterator[Holding]:
        yield Holding(
            "original_values",
            _("What was replaced in your conversations"),
            _own_values(subject),
            _("Kept sealed, so that an answer can be traced back for a good reason."),
        )
        if subject.account:
            yield Holding(
                "vault_accesses",
                _("Original values that you looked at"),
                _accesses(subject.account),
                _("Whoever sees personal data in the clear is on record."),
            )

    def erase(self, subject: Subject, terms: Terms) -> dict[str, int]:
        """Keys, originals and digests. Who looked at originals stays on record: it is no data of theirs."""
        counts = Counter(subjects.destroy_keys(items=subject.items, actor=terms.actor))
        # Of whom nothing is left. What an import has just brought is found by the look for what is left.
        busy = SubjectItem.objects.filter(subject__in=subject.subjects).values_list("subject", flat=True)
        counts.update(subjects.destroy_keys(subjects=subject.subjects.difference(busy), actor=terms.actor))
        return dict(counts)

    def restrict(self, subject: Subject, *, restricted: bool) -> dict[str, int]:
        entries = VaultEntry.objects.filter(item__in=subject.items).exclude(restricted=restricted)
        changed = entries.update(restricted=restricted)
        DataSubject.objects.filter(pk__in=subject.subjects).update(restricted=restricted)
        return {"vault_entries": changed} if changed else {}

    def residue(self, subject: Subject) -> dict[str, int]:
        items = subject.items
        left = {
            "vault_entries": VaultEntry.objects.filter(item__in=items).count(),
            "blind_values": BlindValue.objects.filter(item__in=items).count(),
            "subject_links": SubjectItem.objects.filter(item__in=items).count(),
            "subject_keys": SubjectKey.objects.filter(subject__in=items | subject.subjects).count(),
            "subjects": DataSubject.objects.filter(pk__in=subject.subjects).count(),
        }
        return {name: count for name, count in left.items() if count}


def _own_values(subject: Subject) -> Iterator[dict[str, Any]]:
    """In dialogues that the import says are theirs all values; in those of others, what they asked with.

    An item that names nobody may be anybody's, and so may one of somebody who was not recognised as this
    person, were it the only one of that one's: its other values are not shown to whoever occurs in it.
    """
    key, own = keyring.index_key(), _own_items(subject)
    asked = {digest for value in subject.values for digest in blind.digests_asked(key, value)}
    entries = VaultEntry.objects.filter(item__in=subject.items).order_by("item")
    if first := entries.first():
        audit.record("vault.read_for_subject", first, actor=subject.account, items=len(subject.items))
    for entry in entries.iterator(chunk_size=500):
        for row in vault.open_entry(entry):
            if entry.item in own or asked.intersection(blind.digests_of(key, [row])):
                yield {"item": str(entry.item), "kind": row["kind"], "value": row["value"]}


def _own_items(subject: Subject) -> set[UUID]:
    """Of subjects that the import names and who are this person."""
    named = DataSubject.objects.filter(kind=DataSubject.Kind.SUBJECT, pk__in=subject.subjects)
    return {item for pk in named.values_list("pk", flat=True) for item in subjects.items_of(pk)}


def _accesses(account: UUID) -> Iterator[dict[str, Any]]:
    for row in VaultAccess.objects.filter(actor=account).order_by("id").iterator():
        yield {"item": str(row.item), "at": row.at.isoformat(), "reason": row.reason}
