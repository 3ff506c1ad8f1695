"""What is held about a person in what was found, missed and learned; see `privacy.holders`."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from privacy.holders import Holding, Subject, Terms
from privacy.models import (
    CanaryEstimate,
    CheckedText,
    Finding,
    LearnedValue,
    MissedValue,
    Rescan,
    SampleCheck,
)
from privacy.services import learning

# Who asked for, drew, read or decided something: (table, column).
_BY_WHOM: tuple[tuple[Any, str], ...] = (
    (MissedValue, "flagged_by"),
    (MissedValue, "decided_by"),
    (CanaryEstimate, "asked_by"),
    (Rescan, "asked_by"),
    (SampleCheck, "drawn_by"),
    (CheckedText, "read_by"),
)


class FindingsHolder:
    name = "privacy_findings"
    rank = 51  # after the vault

    def holdings(self, subject: Subject) -> Iterator[Holding]:
        if subject.account is not None:
            yield Holding(
                "reported_personal_data",
                _("Personal data of others that you reported"),
                _reports(subject.account),
                _("So that it is replaced everywhere, and you hear what came of it."),
                source=_("You, when you flagged an item."),
            )

    def erase(self, subject: Subject, terms: Terms) -> dict[str, int]:
        """Places and digests that are about the person; of their work here only their name goes."""
        open_reports = MissedValue.objects.filter(item__in=subject.items, state=MissedValue.State.OPEN)
        done = {
            "findings": Finding.objects.filter(item__in=subject.items).delete()[0],
            "open_reports": open_reports.delete()[0],
            "missed_values": _of_items(subject).update(digest="", reason="", turn=None, start=None, end=None),
            "learned_values": _learned(subject).delete()[0],
        }
        for table, column in _BY_WHOM if subject.account else ():
            changed = table.objects.filter(**{column: subject.account}).update(**{column: None})
            done[column] = done.get(column, 0) + changed
        return {name: count for name, count in done.items() if count}

    def restrict(self, subject: Subject, *, restricted: bool) -> dict[str, int]:
        """Nothing here is shown, exported or trained on."""
        return {}

    def residue(self, subject: Subject) -> dict[str, int]:
        left = {
            "findings": Finding.objects.filter(item__in=subject.items).count(),
            "missed_values": _of_items(subject).count(),
            "learned_values": _learned(subject).count(),
        }
        for table, column in _BY_WHOM if subject.account else ():
            left[column] = left.get(column, 0) + table.objects.filter(**{column: subject.account}).count()
        return {name: count for name, count in left.items() if count}


def _of_items(subject: Subject) -> QuerySet[MissedValue]:
    return MissedValue.objects.filter(item__in=subject.items).exclude(digest="", reason="", turn=None)


def _learned(subject: Subject) -> QuerySet[LearnedValue]:
    digests = {digest for value in subject.values if (digest := learning.digest_of(value))}
    return LearnedValue.objects.filter(digest__in=digests)


def _reports(account: UUID) -> Iterator[dict[str, Any]]:
    for row in MissedValue.objects.filter(flagged_by=account).order_by("created_at").iterator():
        yield {
            "item": str(row.item),
            "kind": row.kind,
            "state": row.state,
            "reason": row.reason,
            "created_at": row.created_at.isoformat(),
        }
