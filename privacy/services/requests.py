"""Requests of data subjects, from receipt to the moment when work on them begins."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import User
from common import audit
from common.errors import Conflict, Invalid, Problem
from common.queueing import enqueue_on_commit
from privacy import deadlines, rounds
from privacy.models import SubjectRequest
from privacy.obstacles import refuse_unsettled
from privacy.particulars import Particulars, Value, digest_of, keep, particulars_of
from privacy.reminding import tell_desk
from privacy.services.identity import account_at, has_given_password, proven_addresses

Kind, State, Channel, Mail = (
    SubjectRequest.Kind, SubjectRequest.State, SubjectRequest.Channel, SubjectRequest.Mail,
)  # fmt: skip
OPEN = (State.RECEIVED, State.VERIFIED, State.WORKING)
# What an account may have done at once; a person in dialogues waits for the desk, which looks who it is.
AT_ONCE = {Kind.ACCESS, Kind.ERASURE, Kind.RESTRICT, Kind.OPT_OUT}
MAILS_A_DAY = 3


@transaction.atomic
def open_for_account(
    *,
    user: User,
    kind: str,
    regime: str = "",
    password: str = "",
    waive_earnings: bool = False,
    correction: dict[str, str] | None = None,
) -> SubjectRequest:
    """What a signed-in person asks about their own account. Asked again while it is open: the same request.

    An erasure without the password again waits until the link that is mailed to the account is opened. Raises
    Conflict when something must be settled first.
    """
    proven = kind != Kind.ERASURE or has_given_password(user, password)
    User.objects.select_for_update().get(pk=user.pk)  # of two at the same moment, the second finds the first
    known = SubjectRequest.objects.filter(account=user.pk, kind=kind, state__in=OPEN, channel=Channel.ACCOUNT)
    if kind != Kind.RECTIFICATION and (row := known.first()):
        if waive_earnings and proven and not row.waives_earnings:
            _give_up_earnings(row)
        return _prove(row) if proven and row.state == State.RECEIVED else row
    _refuse_twice(user, kind)
    if kind == Kind.ERASURE:
        refuse_unsettled(user.pk, waives=waive_earnings)
    row = _new(kind, Channel.ACCOUNT, regime, language=user.language)
    row.account, row.waives_earnings = user.pk, waive_earnings
    row.digest = digest_of([str(user.pk)])
    values = tuple(Value("email", address, proven=True) for address in proven_addresses(user))
    keep(row, Particulars(contact=user.email, values=values, correction=correction or {}))
    row.mail = Mail.NONE if proven else Mail.VERIFY
    row.save()
    audit.record("request.received", row, actor=user.pk, kind=kind, channel=row.channel)
    _send_mail(row)
    return _prove(row) if proven else row


def _give_up_earnings(row: SubjectRequest) -> None:
    """Said later than the request: what was in the way of it is no more."""
    row.waives_earnings, row.attempts, row.tried_at = True, 0, None
    row.save(update_fields=["waives_earnings", "attempts", "tried_at"])
    enqueue_on_commit(rounds.carry_out_requests)


@transaction.atomic
def open_for_address(
    *,
    address: str,
    kind: str,
    regime: str = "",
    values: Sequence[Value] = (),
    correction: dict[str, str] | None = None,
    language: str = "",
) -> SubjectRequest:
    """What anybody asks about an e-mail address: nothing happens before the link mailed to it is opened.

    The same for an address that is known here and for one that is not. At most three mails a day go to one
    address; whoever asks is not told.
    """
    row = _new(kind, Channel.LINK, regime, language=language or get_language() or "en")
    contact = Value("email", address.strip())
    row.contact_digest = digest_of([contact.text])
    row.digest = digest_of([contact.text, *(value.text for value in values)])
    recent = SubjectRequest.objects.filter(
        contact_digest=row.contact_digest, created_at__gt=timezone.now() - timedelta(days=1)
    ).count()
    row.mail = Mail.VERIFY if recent < MAILS_A_DAY else Mail.NONE
    keep(row, Particulars(contact.text, (contact, *values), correction or {}))
    row.save()
    audit.record("request.received", row, actor=None, kind=kind, channel=row.channel)
    _send_mail(row)
    return row


@transaction.atomic
def record_letter(
    *,
    actor: User,
    kind: str,
    regime: str,
    values: Sequence[Value],
    proof: str,
    received_on: date,
    contact: str = "",
    correction: dict[str, str] | None = None,
    language: str = "en",
) -> SubjectRequest:
    """A request that came by letter or by word, whose sender the administrator knows by `proof`."""
    require_words(proof, "proof")
    if not values:
        detail = _("Say what the person is known by.")
        raise Invalid(detail, problems=[Problem("/values", "empty", detail)])
    if received_on > timezone.localdate():
        detail = _("A letter cannot have come in the future.")
        raise Invalid(detail, problems=[Problem("/received_on", "future", detail)])
    row = _new(kind, Channel.LETTER, regime, language=language, received_on=received_on)
    addresses = [value.text for value in values if value.kind == "email"]
    user = next((found for address in addresses if (found := account_at(address))), None)
    row.account = user.pk if user else None
    row.digest = digest_of(value.text for value in values)
    row.state, row.verified_at, row.actor, row.proof = State.VERIFIED, timezone.now(), actor.pk, proof[:300]
    proven = tuple(Value(value.kind, value.text, proven=True) for value in values)
    keep(row, Particulars(contact, proven, correction or {}))
    row.save()
    audit.record("request.recorded", row, actor=actor.pk, note=row.proof, kind=kind)
    enqueue_on_commit(rounds.carry_out_requests)
    return row


@transaction.atomic
def verify_by_link(*, request: SubjectRequest) -> SubjectRequest:
    """The holder of the mailed link has shown that the address is theirs. Twice is harmless.

    Raises Conflict when something has to be settled by now before the account can be erased.
    """
    row = SubjectRequest.objects.select_for_update().get(pk=request.pk)
    if row.state != State.RECEIVED:
        return row
    known = particulars_of(row)
    others = tuple(value for value in known.values if value.text != known.contact)
    keep(row, replace(known, values=(Value("email", known.contact, proven=True), *others)))
    return _prove(row)


def _prove(row: SubjectRequest) -> SubjectRequest:
    row.state, row.verified_at = State.VERIFIED, timezone.now()
    if row.channel == Channel.LINK:
        user = account_at(particulars_of(row).contact)
        row.account = user.pk if user else None
    elif row.kind == Kind.ERASURE and row.account:
        # The link may be opened days later, and the person may have worked meanwhile.
        refuse_unsettled(row.account, waives=row.waives_earnings)
    row.save()
    audit.record("request.verified", row, actor=row.account, channel=row.channel)
    if row.kind in AT_ONCE and row.channel == Channel.ACCOUNT:
        return begin(row)
    tell_desk(row, "subject_request_received")
    enqueue_on_commit(rounds.carry_out_requests)  # which looks through the texts, for the desk's preview
    return row


def begin(row: SubjectRequest) -> SubjectRequest:
    """From here on the row is the queue: a worker takes it, or a sweep finds it."""
    row.state, row.started_at, row.attempts, row.problem = State.WORKING, timezone.now(), 0, ""
    row.save()
    enqueue_on_commit(rounds.carry_out_requests)
    return row


def _new(
    kind: str, channel: str, regime: str, *, language: str, received_on: date | None = None
) -> SubjectRequest:
    regime = regime or settings.PRIVACY_REGIMES[0]
    if kind not in Kind.values or regime not in deadlines.REGIMES:
        raise Invalid(_("There is no such request."), problems=[Problem("/kind", "unknown", kind)])
    received = received_on or timezone.localdate()
    return SubjectRequest(
        kind=kind, channel=channel, regime=regime, received_on=received,
        due_on=deadlines.due_on(regime, received),
        language=language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE,
    )  # fmt: skip


def _refuse_twice(user: User, kind: str) -> None:
    closed = SubjectRequest.objects.filter(account=user.pk, kind=kind, state=State.CLOSED)
    if kind == Kind.RESTRICT and closed.filter(lifted_at=None).exists():
        raise Conflict(_("Your data is restricted already."), code="in_force")


def require_words(reason: str, field: str) -> None:
    if len(reason.strip()) < 10:
        detail = _("Give a reason of at least ten characters.")
        raise Invalid(detail, problems=[Problem(f"/{field}", "too_short", detail)])


def _send_mail(row: SubjectRequest) -> None:
    if row.mail:
        enqueue_on_commit(rounds.send_request_mails)
