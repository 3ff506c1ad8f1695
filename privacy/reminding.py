"""The privacy desk is told of requests that come in, that are nearly due, and that are overdue."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from accounts.models import Role, User
from accounts.services.notifications import notify
from privacy.deadlines import SOON_DAYS
from privacy.models import SubjectRequest

State = SubjectRequest.State


def tell_desk(row: SubjectRequest, kind: str) -> None:
    """`kind` names a text in the templates; what it is about stands on the request's own page."""
    admins = User.objects.filter(
        Q(is_superuser=True) | Q(memberships__role=Role.ADMIN, memberships__scope=None), is_active=True
    )
    for user_id in admins.values_list("pk", flat=True).distinct():
        notify(
            user_id=user_id, kind=kind, url=f"/privacy/desk/{row.pk}/", request=row.kind, due=str(row.due_on)
        )


def remind_desk() -> int:
    """Once when a week is left, once on the last day, and every day from then on. Safe to call every hour.

    An address whose mailbox nobody has opened is nobody's request; it is forgotten in `forget_unproven`.
    """
    today = timezone.localdate()
    due = SubjectRequest.objects.filter(
        state__in=[State.VERIFIED, State.WORKING], due_on__lte=today + timedelta(days=SOON_DAYS)
    ).exclude(reminded_on=today)
    told = 0
    for row in due.order_by("due_on"):
        days = (row.due_on - today).days
        if row.reminded_on is not None and days > 0 and row.reminded_on >= row.due_on - timedelta(SOON_DAYS):
            continue
        won = SubjectRequest.objects.filter(pk=row.pk, reminded_on=row.reminded_on).update(reminded_on=today)
        if won:  # of two rounds at the same moment, one tells
            tell_desk(row, "subject_request_overdue" if days < 0 else "subject_request_due")
            told += 1
    return told


def forget_unproven() -> int:
    """Requests whose link was never opened, a week after they came: nobody has asked for anything."""
    old = SubjectRequest.objects.filter(
        state=State.RECEIVED, created_at__lt=timezone.now() - timedelta(days=7)
    )
    return old.delete()[0]
