"""Verifications as rows: asked for by a person or by the clock, done by one worker, each with its head."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from common.audit_heads import Head, sign
from common.audit_verifying import Report, verify
from common.ends import EndNote, say_end
from common.models import AuditCheck, AuditLink
from common.turns import turn

State = AuditCheck.State
DONE = [State.INTACT, State.BROKEN]
HOURLY, DAILY = timedelta(hours=1), timedelta(days=1)


def ask_check(*, actor: UUID | None) -> AuditCheck:
    """A verification of the whole chain; the one that waits already if there is one."""
    waiting = AuditCheck.objects.filter(state__in=[State.ASKED, State.RUNNING]).first()
    return waiting or AuditCheck.objects.create(asked_by=actor)


def last_check() -> AuditCheck | None:
    return AuditCheck.objects.filter(state__in=DONE).order_by("-finished_at").first()


def running_check() -> AuditCheck | None:
    return AuditCheck.objects.exclude(state__in=DONE).order_by("id").first()


def links_of(check: AuditCheck) -> int:
    """How many there are to be verified by now."""
    return max(0, (AuditLink.objects.aggregate(n=Max("position"))["n"] or 0) - check.since)


def due_since() -> int | None:
    """From which position the clock asks for a check; None when none is due.

    What was added is checked every hour, everything once a day and after a break.
    """
    last, now = last_check(), timezone.now()
    whole = AuditCheck.objects.filter(state__in=DONE, since=0).order_by("-finished_at").first()
    if last is None or whole is None or last.state == State.BROKEN:
        return 0 if last is None or _is_past(last, HOURLY, now) else None
    if _is_past(whole, DAILY, now):
        return 0
    return last.position if _is_past(last, HOURLY, now) else None


def _is_past(check: AuditCheck, age: timedelta, now: Any) -> bool:
    return check.finished_at is None or now - check.finished_at >= age


def run_checks() -> int:
    """Do what is asked or due; how many. A check that a killed worker left running is done again."""
    done = 0
    with turn("audit-check") as mine:
        if not mine:
            return 0
        if (since := due_since()) is not None and not AuditCheck.objects.exclude(state__in=DONE).exists():
            AuditCheck.objects.create(since=since)
        for check in AuditCheck.objects.exclude(state__in=DONE).order_by("id"):
            _run(check)
            done += 1
    return done


def _run(check: AuditCheck) -> None:
    AuditCheck.objects.filter(pk=check.pk).update(state=State.RUNNING, checked=0)
    finish(check, verify(since=check.since, heads=kept_heads(), tell=lambda n: _note_progress(check.pk, n)))


def _note_progress(check_id: int, checked: int) -> None:
    AuditCheck.objects.filter(pk=check_id).update(checked=checked)


def finish(check: AuditCheck, report: Report) -> AuditCheck:
    check.state = State.INTACT if report.is_intact else State.BROKEN
    check.finished_at = timezone.now()
    check.checked, check.unsealed, check.problems = report.checked, report.unsealed, report.problems
    head = sign(position=report.position, digest=report.head, at=check.finished_at.isoformat())
    check.position, check.head = head.position, head.hash
    check.signature, check.public_key = head.signature, head.public_key
    with transaction.atomic():
        check.save()
        say_end(EndNote("audit", check.asked_by, "/privacy/audit/", ""), good=report.is_intact)
    return check


def kept_heads() -> tuple[Head, ...]:
    """The heads of the checks that found nothing wrong, a thousand at most."""
    rows = AuditCheck.objects.filter(state=State.INTACT).order_by("-id")[:1_000]
    return tuple(head_of(row) for row in rows)


def head_of(check: AuditCheck) -> Head:
    return Head(
        position=check.position,
        hash=check.head,
        at=check.finished_at.isoformat() if check.finished_at else "",
        signature=check.signature,
        public_key=check.public_key,
    )
