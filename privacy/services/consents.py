"""What people agree to and take back. Records are only ever added; the latest one counts."""

from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.errors import Conflict, Invalid, Problem
from privacy import purposes
from privacy.models import ConsentRecord
from privacy.services import notices

Purpose = ConsentRecord.Purpose
How = ConsentRecord.How


@dataclass(frozen=True)
class State:
    """One purpose and where a person stands: given None means that they were never asked."""

    purpose: str
    statement: str
    effect: str
    given: bool | None
    at: datetime | None


@transaction.atomic
def record_consent(
    *, user: User, purpose: str, given: bool, how: str, regime: str = "", language: str = ""
) -> ConsentRecord:
    """Write down what a person said, under the notice in force. The same word again changes nothing."""
    if not given and purpose not in purposes.OPTIONAL:
        raise Invalid(_("This cannot be taken back on its own. You can close your account instead."))
    # One word at a time for each person, so that the latest record is really the last word.
    User.objects.select_for_update().only("pk").get(pk=user.pk)
    text = notices.current_text(regime=regime or regime_of(user.pk), language=language)
    last = _latest(user.pk, purpose)
    if last and last.given == given and last.sha256 == text.sha256:
        return last
    return ConsentRecord.objects.create(
        person=user.pk, purpose=purpose, given=given, statement=purposes.statement_of(purpose),
        number=text.number, regime=text.regime, language=text.language, sha256=text.sha256, how=how,
        at=timezone.now(),
    )  # fmt: skip


@transaction.atomic
def acknowledge_notice(
    *, user: User, number: int, how: str, regime: str = "", language: str = ""
) -> ConsentRecord:
    """Confirm that the notice `number` was seen. Refused when there is a newer one to be read."""
    if number != (latest := notices.latest_number()):
        detail = _("There is a newer notice, version %(n)s. Read that one.") % {"n": latest}
        raise Conflict(detail, code="newer_notice", problems=[Problem("/number", "newer_notice", detail)])
    row = record_consent(
        user=user, purpose=Purpose.NOTICE, given=True, how=how, regime=regime, language=language
    )
    User.objects.filter(pk=user.pk, notice_seen__lt=number).update(notice_seen=number)
    user.notice_seen = max(user.notice_seen, number)
    return row


@transaction.atomic
def record_sign_up(*, user: User, number: int, regime: str, language: str, agreed: Iterable[str]) -> None:
    """What somebody confirmed while signing up: the notice, the age, and what they agreed to of the rest."""
    # Published in this very moment: the account is made, and its first page asks for the newer notice.
    with suppress(Conflict):
        acknowledge_notice(user=user, number=number, how=How.SIGN_UP, regime=regime, language=language)
    for purpose in (Purpose.AGE, *agreed):
        record_consent(
            user=user, purpose=purpose, given=True, how=How.SIGN_UP, regime=regime, language=language
        )


def states_of(person: UUID) -> list[State]:
    """Where a person stands on each purpose that is theirs to decide."""
    found = {row.purpose: row for row in _latest_rows(person)}
    return [
        State(
            purpose=one.value,
            statement=purposes.statement_of(one),
            effect=str(purposes.EFFECTS[one]),
            given=found[one].given if one in found else None,
            at=found[one].at if one in found else None,
        )
        for one in purposes.OPTIONAL
    ]


def regime_of(person: UUID) -> str:
    """The law whose notice the person last saw; the site's first one for whoever saw none."""
    row = ConsentRecord.objects.filter(person=person).order_by("-at", "-id").first()
    return row.regime if row and row.regime in notices.regimes() else notices.regimes()[0]


def history_of(person: UUID) -> QuerySet[ConsentRecord]:
    return ConsentRecord.objects.filter(person=person).order_by("-at", "-id")


def has_agreed(person: UUID, purpose: str) -> bool:
    """Whether somebody's latest word on a purpose is yes. To be asked before a mail about news."""
    row = _latest(person, purpose)
    return row is not None and row.given


def people_left_out(people: Collection[UUID]) -> set[UUID]:
    """Of these annotators those whose answers are neither exported nor trained on: they took their consent
    back, or, where ANSWERS_NEED_CONSENT, never gave it. Accounts that an import made say nothing themselves:
    for their answers the terms of the imported data count.
    """
    rows = ConsentRecord.objects.filter(person__in=people, purpose=Purpose.TRAINING)
    rows = rows.order_by("person", "-at", "-id").distinct("person")
    latest = {row.person: row.given for row in rows if row.person}
    if not settings.ANSWERS_NEED_CONSENT:
        return {person for person, given in latest.items() if not given}
    asked = User.objects.filter(pk__in=people, imported=False).values_list("pk", flat=True)
    return {person for person in asked if not latest.get(person)}


def people_refusing(purpose: str) -> QuerySet[ConsentRecord, Any]:
    """The ids of those whose latest word on a purpose is no, as a subquery."""
    rows = ConsentRecord.objects.filter(purpose=purpose, person__isnull=False)
    latest = rows.order_by("person", "-at", "-id").distinct("person").values("pk")
    return ConsentRecord.objects.filter(pk__in=latest, given=False).values("person")


def _latest(person: UUID, purpose: str) -> ConsentRecord | None:
    return ConsentRecord.objects.filter(person=person, purpose=purpose).order_by("-at", "-id").first()


def _latest_rows(person: UUID) -> QuerySet[ConsentRecord]:
    rows = ConsentRecord.objects.filter(person=person).order_by("purpose", "-at", "-id")
    return rows.distinct("purpose")
