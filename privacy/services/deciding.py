"""What the privacy desk decides about a request: confirm, extend, refuse, put right by hand, lift."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common import audit
from common.errors import Conflict, Invalid, NotFound, Problem
from common.queueing import enqueue_on_commit
from privacy import deadlines, holders, restricting, rounds, subject_search
from privacy.models import SubjectRequest
from privacy.obstacles import refuse_unsettled
from privacy.particulars import Value, keep, particulars_of
from privacy.services.rectifying import correct_originals
from privacy.services.requests import OPEN, begin, require_words
from privacy.services.subjects import find_subjects

Kind, State, Mail = SubjectRequest.Kind, SubjectRequest.State, SubjectRequest.Mail


@transaction.atomic
def confirm_request(
    *, request: SubjectRequest, actor: User, proof: str = "", subjects: Sequence[UUID] = ()
) -> SubjectRequest:
    """Have it carried out. Values that nobody has shown to be theirs are left out, unless `proof` says how
    the administrator knows that they are the person's. subjects: people in dialogues who are this one, and
    all of whose dialogues it is about, not only those in which a value occurs."""
    row = _locked(request, State.VERIFIED)
    if row.kind == Kind.RECTIFICATION:
        raise Conflict(_("A rectification is put right by hand, and then completed."), code="other_kind")
    if row.kind == Kind.ERASURE and row.account:
        refuse_unsettled(row.account, waives=row.waives_earnings)
    known = particulars_of(row)
    values = tuple(value for value in known.values if value.proven)
    if proof.strip():
        require_words(proof, "proof")
        row.proof = proof.strip()[:300]
        values = tuple(replace(value, proven=True) for value in known.values)
    chosen = _recognised(values, subjects)
    if values != known.values:
        row.searched_at = None
    keep(row, replace(known, values=values, subjects=tuple(chosen)))
    row.actor = actor.pk
    audit.record(
        "request.confirmed",
        row,
        actor=actor.pk,
        note=row.proof,
        kind=row.kind,
        subjects=chosen,
    )
    return begin(row)


def _recognised(values: Sequence[Value], chosen: Sequence[UUID]) -> list[str]:
    """Only somebody who is known by one of the values can be this person; a slip would erase another one."""
    matches = find_subjects(values=[value.text for value in values]) if chosen else []
    if set(chosen) - {match.subject.pk for match in matches}:
        detail = _("One of the people you chose is not known by what the request names.")
        raise Invalid(detail, problems=[Problem("/subjects", "unknown", detail)])
    return [str(subject) for subject in chosen]


@transaction.atomic
def refuse_request(*, request: SubjectRequest, actor: User, reason: str) -> SubjectRequest:
    """The person is told why, and where to complain."""
    require_words(reason, "reason")
    row = _locked(request, State.RECEIVED, State.VERIFIED)
    row.state, row.closed_at, row.actor, row.reason = State.REFUSED, timezone.now(), actor.pk, reason[:300]
    return _told(row, Mail.REFUSED, "request.refused", actor, note=row.reason)


@transaction.atomic
def extend_deadline(*, request: SubjectRequest, actor: User, reason: str) -> SubjectRequest:
    """Once, with a reason that the person is told: two months more (GDPR), 45 days more (CCPA)."""
    require_words(reason, "reason")
    row = _locked(request, *OPEN)
    if row.regime not in deadlines.EXTENDABLE or row.extension:
        raise Conflict(_("This deadline cannot be extended."), code="not_extendable")
    if timezone.localdate() > row.due_on:
        raise Conflict(_("The deadline is over; it cannot be extended any more."), code="overdue")
    row.extension = reason[:300]
    row.due_on = deadlines.due_on(row.regime, row.received_on, extended=True)
    return _told(row, Mail.EXTENDED, "request.extended", actor, note=row.extension, due=str(row.due_on))


@transaction.atomic
def complete_rectification(*, request: SubjectRequest, actor: User, note: str) -> SubjectRequest:
    """The sealed originals are put right now; all else was put right by hand, as `note` says."""
    require_words(note, "note")
    row = _locked(request, State.VERIFIED)
    if row.kind != Kind.RECTIFICATION:
        raise Conflict(_("Only a rectification is completed by hand."), code="other_kind")
    now = timezone.now()
    row.state, row.started_at, row.done_at, row.closed_at, row.actor = State.CLOSED, now, now, now, actor.pk
    row.progress, row.reason = 100, note[:300]
    if (told := particulars_of(row).correction) and all(told.values()):
        corrected = correct_originals(
            subject=subject_search.subject_of(row), old=told["old"], new=told["new"]
        )
        row.outcome = {"originals_corrected": corrected}
    return _told(row, Mail.CLOSED, "request.closed", actor, kind=row.kind)


@transaction.atomic
def retry_request(*, request: SubjectRequest, actor: User) -> SubjectRequest:
    """Once more, after what was in the way has been put right."""
    row = _locked(request, State.WORKING)
    row.tried_at = None
    audit.record("request.retried", row, actor=actor.pk)
    return begin(row)


@transaction.atomic
def lift_restriction(*, request: SubjectRequest, actor: User | None) -> SubjectRequest:
    """The person's data is used again; they are told (GDPR Art. 18(3))."""
    restricting.take_turn()
    row = _locked(request, State.CLOSED)
    if not row.is_in_force:
        raise Conflict(_("There is no restriction in force."), code="not_in_force")
    subject = restricting.without_others(row, subject_search.subject_of(row))
    for holder in holders.all_holders():
        holder.restrict(subject, restricted=False)
    row.lifted_at = timezone.now()
    return _told(row, Mail.LIFTED, "request.lifted", actor)


def _locked(request: SubjectRequest, *states: str) -> SubjectRequest:
    row = SubjectRequest.objects.select_for_update().get(pk=request.pk)
    if row.state not in states:
        raise Conflict(_("The request is in another state by now. Look at it again."), code="state")
    return row


def _told(row: SubjectRequest, mail: str, action: str, actor: User | None, **data: str) -> SubjectRequest:
    row.mail, row.mail_attempts = mail, 0
    row.save()
    audit.record(action, row, actor=actor.pk if actor else None, **data)
    enqueue_on_commit(rounds.send_request_mails)
    return row


def decide(
    decision: str, *, request: SubjectRequest, actor: User, reason: str, subjects: Sequence[UUID] = ()
) -> SubjectRequest:
    """One of the above by its name, for both faces. Raises NotFound for another name."""
    if decision == "confirm":
        return confirm_request(request=request, actor=actor, proof=reason, subjects=subjects)
    if decision == "refuse":
        return refuse_request(request=request, actor=actor, reason=reason)
    if decision == "extend":
        return extend_deadline(request=request, actor=actor, reason=reason)
    if decision == "complete":
        return complete_rectification(request=request, actor=actor, note=reason)
    if decision == "retry":
        return retry_request(request=request, actor=actor)
    if decision == "lift":
        return lift_restriction(request=request, actor=actor)
    raise NotFound(_("There is nothing here, or it is not yours to see."))
