"""Notifications by mail. The row says that a mail is due, so a lost broker loses nothing.

Never twice: a row is taken over (its `mail_due_at` emptied) and that is committed before the mail is handed
to the mail server. Whoever is killed in between has perhaps sent it and perhaps not; it is not sent again,
and stands on the site all the same. Nor is one whose connection ended in the middle: the mail server may
have it. Only where the mail server said no, or was not reached, is it tried again.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from html import unescape
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.translation import override

from accounts.models import Notification, User
from accounts.services import unsubscribing
from accounts.services.preferences import topic_of
from accounts.zones import zone_named

logger = logging.getLogger(__name__)
ATTEMPTS, PEOPLE, MOST = 5, 200, 50
_NO = (SMTPResponseException, SMTPRecipientsRefused)


def send_waiting() -> int:
    """Every mail that is due, by as many workers as like; returns how many went out."""
    due = Notification.objects.filter(mail_due_at__lte=timezone.now())
    people = list(due.order_by("user").values_list("user", flat=True).distinct()[:PEOPLE])
    return sum(_write_to(user_id) for user_id in people)


def _write_to(user_id: UUID) -> bool:
    rows = _take_over(user_id)
    user = User.objects.filter(pk=user_id, is_active=True, erased_at=None, restricted_at=None).first()
    address = proven_address(user)
    # What was read on the site meanwhile needs no mail.
    news = [row for row in rows if row.read_at is None]
    if not news or user is None or not address:
        return False
    message, reached = message_for(user, address, news), False
    try:
        with get_connection() as message.connection:
            reached = True
            message.send()
    except (SMTPException, OSError) as error:
        logger.warning("notifications of %s: %s", user_id, type(error).__name__)
        if not reached or isinstance(error, _NO):
            _try_again(news)
        return False
    Notification.objects.filter(pk__in=[row.pk for row in news]).update(mailed_at=timezone.now())
    return True


@transaction.atomic
def _take_over(user_id: UUID) -> list[Notification]:
    """What is due for one person, and from now on nobody else's to send."""
    due = Notification.objects.filter(user=user_id, mail_due_at__lte=timezone.now())
    rows = list(due.select_for_update(skip_locked=True).order_by("created_at")[:MOST])
    Notification.objects.filter(pk__in=[row.pk for row in rows]).update(mail_due_at=None)
    return rows


def _try_again(rows: Sequence[Notification]) -> None:
    """Later each time: after 2, 4, 8 and 16 minutes."""
    for row in rows:
        row.mail_attempts += 1
        again = row.mail_attempts < ATTEMPTS
        row.mail_due_at = timezone.now() + timedelta(minutes=2**row.mail_attempts) if again else None
    Notification.objects.bulk_update(rows, ["mail_attempts", "mail_due_at"])


def proven_address(user: User | None) -> str:
    """One whose mailbox the person has shown to read; another may be anybody's."""
    rows = EmailAddress.objects.filter(user=user, verified=True).order_by("-primary", "pk") if user else []
    return next((row.email for row in rows), "")


def message_for(user: User, address: str, rows: Sequence[Notification]) -> EmailMessage:
    """One mail about all of them, in the person's language and time zone."""
    topics = {topic_of(row.kind) for row in rows}
    leave = unsubscribing.url_of(user.pk, topics.pop() if len(topics) == 1 else None)
    with override(user.language), timezone.override(zone_named(user.time_zone)):
        notes = [
            (_plain(row), settings.SITE_URL + row.url if row.url else "", row.created_at) for row in rows
        ]
        context = {"notes": notes, "leave": leave, "site": settings.SITE_URL}
        subject = " ".join(render_to_string("accounts/mail_subject.txt", context).split())
        text = render_to_string("accounts/mail.txt", context).strip() + "\n"
    headers = {
        # One press in the reader's mail program, without signing in (RFC 8058).
        "List-Unsubscribe": f"<{leave}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
        # The same for the same news, so that mailboxes can tell a repetition.
        "Message-ID": f"<{rows[0].pk}.{len(rows)}@{settings.SITE_URL.split('//')[-1].split(':')[0]}>",
    }
    return EmailMessage(subject, text, None, [address], headers=headers)


def _plain(row: Notification) -> str:
    return " ".join(
        unescape(strip_tags(render_to_string("accounts/_notification_text.html", {"note": row}))).split()
    )
