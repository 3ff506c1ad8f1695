"""Whose data is not sold or shared: left out of what leaves this site for others (CCPA §1798.120)."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from common import audit
from privacy.holders import Subject
from privacy.models import SharingOptOut, SubjectItem


def opt_out(subject: Subject, source: str = SharingOptOut.Source.REQUEST) -> dict[str, int]:
    """Twice is harmless. Returns what is left out from now on; of people in dialogues who are this person
    also what comes in later."""
    rows = [SharingOptOut(item=item, source=source) for item in sorted(subject.items)]
    rows += [SharingOptOut(subject=person, source=source) for person in sorted(subject.subjects)]
    if subject.account is not None:
        rows.append(SharingOptOut(account=subject.account, source=source))
    SharingOptOut.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2000)
    return {"accounts": int(subject.account is not None), "items": len(subject.items)}


def opted_out_items(items: Collection[UUID] | QuerySet[Any, Any]) -> QuerySet[SubjectItem, UUID]:
    """Of these, those in which somebody has opted out; as ids."""
    people = SharingOptOut.objects.filter(subject__isnull=False).values("subject")
    theirs = SubjectItem.objects.filter(item__in=items, subject__in=people).values_list("item", flat=True)
    own = SharingOptOut.objects.filter(item__in=items).values_list("item", flat=True)
    return theirs.union(own)


def is_opted_out(account: UUID) -> bool:
    return SharingOptOut.objects.filter(account=account).exists()


def heed_signal(account: UUID) -> bool:
    """A browser that sends `Sec-GPC: 1` says it for its user. Whether this was news."""
    row, new = SharingOptOut.objects.get_or_create(
        account=account, defaults={"source": SharingOptOut.Source.SIGNAL}
    )
    if new:
        audit.record("sharing.opted_out", row, actor=account, source="gpc")
    return new
