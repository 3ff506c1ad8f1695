"""Putting a wrong value right among the sealed originals of a person's dialogues (GDPR Art. 16)."""

from django.db import transaction

from privacy.holders import Subject
from privacy.models import BlindValue, VaultEntry
from privacy.services import resealing
from privacy.services.vault import open_entry


@transaction.atomic
def correct_originals(*, subject: Subject, old: str, new: str) -> int:
    """Where `old` is an original value in one of the subject's items, it becomes `new`. Returns in how many.

    Published texts show placeholders and stay as they are; a text in the clear is put right by hand.
    """
    corrected = 0
    resealing.hold_subjects_of(subject.items)
    entries = VaultEntry.objects.select_for_update().filter(item__in=subject.items).order_by("pk")
    for entry in entries:
        originals = open_entry(entry)
        right = [{**row, "value": new} if _same(str(row.get("value", "")), old) else row for row in originals]
        if right != originals:
            # The digests of the wrong value go with it.
            BlindValue.objects.filter(item=entry.item).delete()
            resealing.reseal(entry, resealing.hold_subject_of(entry.project, entry.item), right)
            corrected += 1
    return corrected


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()
