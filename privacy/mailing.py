"""What people are told by mail. The row says that a mail is due, so no address ever lies in a queue.

A request that has ended keeps the address until its last mail is out, or has failed often enough; then what
is known of the person is destroyed.
"""

import logging
from smtplib import SMTPException

from django.core.mail import send_mail
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.utils.translation import override

from common.errors import Conflict
from common.turns import turn
from privacy import links
from privacy.models import SubjectRequest
from privacy.particulars import destroy, particulars_of

logger = logging.getLogger(__name__)
Mail, State, Kind = SubjectRequest.Mail, SubjectRequest.State, SubjectRequest.Kind
ATTEMPTS = 5


def send_waiting() -> int:
    """Every mail that is due, by one worker at a time; returns how many went out."""
    sent = 0
    with turn("privacy.mails") as mine:
        if mine:
            for row in SubjectRequest.objects.exclude(mail=Mail.NONE).order_by("id")[:1000]:
                sent += _send(row)
            for row in _ended()[:1000]:
                destroy(row)
    return sent


def _ended() -> QuerySet[SubjectRequest]:
    """Those with nothing more to be said. A restriction in force must know what to lift."""
    in_force = Q(kind=Kind.RESTRICT, state=State.CLOSED, lifted_at=None)
    over = SubjectRequest.objects.filter(state__in=[State.CLOSED, State.REFUSED], sealed__isnull=False)
    return over.filter(mail=Mail.NONE).exclude(in_force)


def _send(row: SubjectRequest) -> bool:
    address = _address(row)
    sent = bool(address) and _deliver(row, address)
    given_up = not address or row.mail_attempts + 1 >= ATTEMPTS
    mail = Mail.NONE if sent or given_up else row.mail
    SubjectRequest.objects.filter(pk=row.pk, mail=row.mail).update(
        mail=mail, mail_attempts=row.mail_attempts + 1
    )
    return sent


def _address(row: SubjectRequest) -> str:
    try:
        return particulars_of(row).contact
    except Conflict:  # sealed under a key that is gone: there is nobody to write to
        return ""


def _deliver(row: SubjectRequest, address: str) -> bool:
    purpose = links.VERIFY if row.mail == Mail.VERIFY else links.SEE
    with override(row.language):
        context = {"row": row, "link": links.url_of(row, purpose)}
        subject = render_to_string("privacy/mail_subject.txt", context).strip()
        text = render_to_string("privacy/mail.txt", context).strip() + "\n"
    try:
        send_mail(subject, text, None, [address])
    except (SMTPException, OSError) as error:
        logger.warning("mail of request %s: %s", row.pk, type(error).__name__)
        return False
    return True
