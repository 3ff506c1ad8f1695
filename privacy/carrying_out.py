"""Doing what confirmed requests ask, one at a time on the whole site, so that no two of one person cross,
however differently they name that person. The row is the queue: what a killed worker leaves is found again.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.services.notifications import notify
from common import audit, rounds
from common.errors import DomainError
from common.turns import turn
from privacy import erasing, holders, packaging, restricting, sharing, subject_search
from privacy.holders import Subject
from privacy.mailing import send_waiting
from privacy.models import AccessPackage, SubjectRequest
from privacy.reminding import tell_desk

logger = logging.getLogger(__name__)
Kind, State, Mail = SubjectRequest.Kind, SubjectRequest.State, SubjectRequest.Mail
ATTEMPTS = 5
PAUSE = timedelta(minutes=1)  # after a failure
MOST_AT_ONCE = 50  # dialogues, above which the desk looks whose they are


def carry_out_waiting() -> int:
    """Everything confirmed, oldest first. Whoever finds another at it leaves it all to that one."""
    done = 0
    with turn("privacy.requests") as mine:
        while mine and (row := _next()):
            done += carry_out(row)
        if mine:
            _search_ahead()
    send_waiting()
    return done


def _next() -> SubjectRequest | None:
    rested = Q(tried_at=None) | Q(tried_at__lt=timezone.now() - PAUSE)
    waiting = SubjectRequest.objects.filter(rested, state=State.WORKING, attempts__lt=ATTEMPTS)
    return waiting.order_by("id").first()


def _search_ahead() -> None:
    """For the desk, which is to see in its preview all that would be erased."""
    waiting = SubjectRequest.objects.filter(
        state=State.VERIFIED, searched_at=None, sealed__isnull=False, attempts__lt=ATTEMPTS
    )
    for row in waiting.order_by("id")[:20]:
        SubjectRequest.objects.filter(pk=row.pk).update(attempts=F("attempts") + 1)
        rounds.each(subject_search.search_texts, [row])


def carry_out(row: SubjectRequest) -> bool:
    """One request to its end, or to a note on what went wrong, without any word of the person."""
    SubjectRequest.objects.filter(pk=row.pk).update(tried_at=timezone.now(), attempts=F("attempts") + 1)
    try:
        if row.searched_at is None and not row.done_at:
            subject_search.search_texts(row)
        subject = subject_search.subject_of(row)
        if _is_for_the_desk(row, subject):
            return False
        _WORK[row.kind](row, subject)
    except Exception as error:
        # An error's text may quote what it was about.
        logger.error("request %s: %s", row.pk, type(error).__name__)
        problem = _named(error)
        SubjectRequest.objects.filter(pk=row.pk).update(problem=problem[:300])
        row.refresh_from_db()
        if row.attempts >= ATTEMPTS:
            tell_desk(row, "subject_request_stuck")
        return False
    return True


def _is_for_the_desk(row: SubjectRequest, subject: Subject) -> bool:
    """What an account asks is done at once, but not in so many dialogues that its address can hardly be one
    person's: whoever reads the mail of a help desk would have all of its customers' erased."""
    if row.channel != SubjectRequest.Channel.ACCOUNT or row.actor or len(subject.items) <= MOST_AT_ONCE:
        return False
    SubjectRequest.objects.filter(pk=row.pk, state=State.WORKING).update(state=State.VERIFIED, tried_at=None)
    tell_desk(row, "subject_request_received")
    return True


def _named(error: Exception) -> str:
    if isinstance(error, erasing.ResidueLeft):
        return str(error)
    return error.code if isinstance(error, DomainError) else type(error).__name__


def _give_access(row: SubjectRequest, subject: Subject) -> None:
    for left in AccessPackage.objects.filter(request=row):  # of a killed worker
        packaging.delete_package(left)
        left.delete()
    package = packaging.build_package(row, subject, partial(_progress, row.pk))
    _close(row, {"bytes": package.size})


def _erase(row: SubjectRequest, subject: Subject) -> None:
    subject_search.keep_items(row, subject)
    outcome = erasing.erase(row, subject)
    _close(row, outcome)


def _restrict(row: SubjectRequest, subject: Subject) -> None:
    subject_search.keep_items(row, subject)
    with transaction.atomic():
        restricting.take_turn()
        counts = {holder.name: holder.restrict(subject, restricted=True) for holder in holders.all_holders()}
        _close(row, {"restricted": counts})


def _opt_out(row: SubjectRequest, subject: Subject) -> None:
    with transaction.atomic():
        _close(row, {"opted_out": sharing.opt_out(subject)})


def _close(row: SubjectRequest, outcome: dict[str, object]) -> None:
    """The person is told; then what is known of them is destroyed (see `mailing`)."""
    with transaction.atomic():
        row.refresh_from_db(fields=["outcome"])
        row.outcome = {**row.outcome, **outcome}
        row.state, row.closed_at, row.progress, row.problem = State.CLOSED, timezone.now(), 100, ""
        row.mail, row.mail_attempts = Mail.CLOSED, 0
        row.save(
            update_fields=["outcome", "state", "closed_at", "progress", "problem", "mail", "mail_attempts"]
        )
        audit.record("request.closed", row, actor=row.actor, kind=row.kind)
        if row.channel == SubjectRequest.Channel.ACCOUNT and row.kind != Kind.ERASURE and row.account:
            notify(
                user_id=row.account, kind="subject_request_closed",
                url=f"/privacy/requests/{row.pk}/", by_mail=False, request=row.kind,
            )  # fmt: skip


def _progress(request_id: UUID, percent: int) -> None:
    SubjectRequest.objects.filter(pk=request_id).update(progress=percent)


def _withdraw(row: SubjectRequest, subject: Subject) -> None:
    """Consents are withdrawn where they are given; such a request only keeps the record."""
    _close(row, {})


_WORK: dict[str, Callable[[SubjectRequest, Subject], None]] = {
    Kind.ACCESS: _give_access,
    Kind.ERASURE: _erase,
    Kind.RESTRICT: _restrict,
    Kind.OPT_OUT: _opt_out,
    Kind.WITHDRAWAL: _withdraw,
}
