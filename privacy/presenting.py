"""Requests as they look on pages and over REST, in the reader's language."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from privacy import holders
from privacy.deadlines import SOON_DAYS
from privacy.models import AccessPackage, Certificate, SubjectRequest

State, Kind = SubjectRequest.State, SubjectRequest.Kind
COUNTED = 10_000  # rows of one kind that a page counts

KINDS = {
    Kind.ACCESS: gettext_lazy("Access and portability"),
    Kind.ERASURE: gettext_lazy("Erasure"),
    Kind.RECTIFICATION: gettext_lazy("Rectification"),
    Kind.RESTRICT: gettext_lazy("Restriction"),
    Kind.OPT_OUT: gettext_lazy("Opt-out of sale and sharing"),
    Kind.WITHDRAWAL: gettext_lazy("Withdrawal of consent"),
}
REGIMES = {
    "gdpr": gettext_lazy("GDPR (European Union, United Kingdom)"),
    "ccpa": gettext_lazy("CCPA (California)"),
    "pipl": gettext_lazy("PIPL (China)"),
}
STATES = {
    State.RECEIVED: (gettext_lazy("received"), ""),
    State.VERIFIED: (gettext_lazy("identity verified"), "live"),
    State.WORKING: (gettext_lazy("being carried out"), "live"),
    State.CLOSED: (gettext_lazy("closed"), "good"),
    State.REFUSED: (gettext_lazy("refused"), "bad"),
}
VALUES = {
    "email": gettext_lazy("E-mail address"),
    "phone": gettext_lazy("Phone number"),
    "name": gettext_lazy("Name"),
    "customer_id": gettext_lazy("Customer or booking number"),
}
ACTIONS = {
    "quarantine": gettext_lazy("quarantined: it answers no more"),
    "retrain": gettext_lazy("to be trained anew without the data"),
    "keep": gettext_lazy("kept, on a recorded legal ground"),
}


@dataclass(frozen=True)
class Shown:
    """One request as a line or a page shows it. days_left: None once it has ended."""

    row: SubjectRequest
    kind: str
    regime: str
    state: str
    tone: str
    days_left: int | None
    deadline: str
    deadline_tone: str


def shown(row: SubjectRequest) -> Shown:
    words, tone = STATES[State(row.state)]
    state = str(words)
    left = (row.due_on - timezone.localdate()).days if row.is_open else None
    if row.is_in_force:
        state, tone = _("in force"), "warn"
    return Shown(
        row, str(KINDS[Kind(row.kind)]), str(REGIMES[row.regime]), state, tone,
        left, *_deadline(left, row.due_on),
    )  # fmt: skip


def _deadline(left: int | None, due: date) -> tuple[str, str]:
    if left is None:
        return "", ""
    if left < 0:
        words = ngettext("%(n)d day overdue", "%(n)d days overdue", -left) % {"n": -left}
        return words, "bad"
    if left == 0:
        return _("due today"), "bad"
    words = ngettext("%(n)d day left", "%(n)d days left", left) % {"n": left}
    return words, "warn" if left <= SOON_DAYS else "good"


@dataclass(frozen=True)
class Held:
    """A kind of record and how many there are; "10000+" where a page stops counting."""

    name: str
    title: str
    purpose: str
    count: str


@dataclass(frozen=True)
class HeldKinds:
    """The kinds of which there is something, and of how many more kinds there is nothing."""

    kinds: list[Held]
    empty: int


def held_about(subject: holders.Subject) -> HeldKinds:
    kinds, empty = [], 0
    for holding in _holdings(subject):
        count = sum(1 for _row in islice(holding.rows, COUNTED + 1))
        text = f"{COUNTED}+" if count > COUNTED else str(count)
        if count:
            kinds.append(Held(holding.name, holding.title, holding.purpose, text))
        else:
            empty += 1
    return HeldKinds(kinds, empty)


def _holdings(subject: holders.Subject) -> Iterator[holders.Holding]:
    for holder in holders.all_holders():
        yield from holder.holdings(subject)


def as_json(row: SubjectRequest) -> dict[str, Any]:
    """For REST. Nothing of whom it is about."""
    left = shown(row).days_left
    return {
        "id": str(row.pk),
        "kind": row.kind,
        "state": row.state,
        "regime": row.regime,
        "received_on": row.received_on.isoformat(),
        "due_on": row.due_on.isoformat(),
        "days_left": left,
        "overdue": left is not None and left < 0,
        "extended": bool(row.extension),
        "extension_reason": row.extension,
        "closed_at": row.closed_at.isoformat() if row.closed_at else None,
        "reason": row.reason,
        "progress": row.progress,
        "in_force": row.is_in_force,
        "download": _download(row),
        "certificate": _certificate(row),
    }


def _download(row: SubjectRequest) -> str | None:
    there = AccessPackage.objects.filter(request=row, deleted_at=None).exists()
    return f"/api/v1/privacy/requests/{row.pk}/download" if there else None


def _certificate(row: SubjectRequest) -> str | None:
    there = Certificate.objects.filter(request=row).exists()
    return f"/api/v1/privacy/requests/{row.pk}/certificate" if there else None
