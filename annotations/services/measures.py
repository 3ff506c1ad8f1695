"""What people do about other people's work: a word, a retraining, a ban; each with a reason, each appealable.

No machine takes any of these. A signal is a reason to look, and the first consequence is to learn again.
"""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Role, User
from accounts.services.notifications import notify
from annotations.hearing import somebody_else
from annotations.models import AnomalySignal, Measure
from annotations.watching import open_signals
from common import audit
from common.errors import Conflict, Forbidden, Invalid, Problem
from tasks_app.models import Project
from tasks_app.services import banning, retraining

Kind, State = Measure.Kind, Measure.State
IN_FORCE = [State.IN_FORCE, State.APPEALED]


@transaction.atomic
def take_measure(*, project: Project, worker: User, kind: str, reason: str, actor: User) -> Measure:
    """Message, retrain or ban. The person is told the reason; two at the same moment take one measure."""
    reason = reason.strip()
    if not reason:
        detail = _("Say why: the person is shown this.")
        raise Invalid(detail, problems=[Problem("/reason", "required", detail)])
    if worker.pk in {project.owner_id, actor.pk}:
        raise Conflict(_("Neither a project's owner nor oneself can be measured."), code="own_measure")
    try:
        with transaction.atomic():
            row = Measure.objects.create(
                project=project, worker=worker, kind=kind, reason=reason[:500], by=actor
            )
    except IntegrityError:
        raise Conflict(_("Somebody has done this already."), code="in_force") from None
    if kind == Kind.BAN:
        banning.ban_worker(project=project, worker=worker, reason=reason, actor=actor)
    elif kind == Kind.RETRAIN:
        retraining.require_retraining(project=project, worker=worker, reason=reason)
    if kind != Kind.BAN:  # of a ban the service itself tells
        notify(
            user_id=worker.pk,
            kind=f"measure_{kind}",
            url=f"/work/measures/{row.pk}/",
            project=project.title,
            reason=reason[:500],
        )
    if kind != Kind.MESSAGE:
        _close_signals(project, worker, AnomalySignal.State.ACTED, actor, reason)
    audit.record(f"worker.{kind}", row, actor=actor.pk, worker=str(worker.pk))
    return row


@transaction.atomic
def clear_signals(*, project: Project, worker: User, reason: str, actor: User) -> int:
    """A person looked and found nothing wrong. The same is not shown again until there is more to go by."""
    count = _close_signals(project, worker, AnomalySignal.State.CLEARED, actor, reason.strip())
    audit.record("worker.cleared", project, actor=actor.pk, worker=str(worker.pk), signals=count)
    return count


def _close_signals(project: Project, worker: User, state: str, actor: User, note: str) -> int:
    ids = [row.pk for row in open_signals(project.pk).get(worker.pk, [])]
    rows = AnomalySignal.objects.filter(pk__in=ids, state=AnomalySignal.State.OPEN)
    return rows.update(state=state, decided_by=actor, note=note[:500], updated_at=timezone.now())


@transaction.atomic
def appeal_measure(*, measure: Measure, text: str, actor: User) -> Measure:
    """Object to a retraining or a ban of one's own, once."""
    row = Measure.objects.select_for_update().get(pk=measure.pk, worker=actor)
    if row.kind == Kind.MESSAGE or row.ended_at is not None:
        raise Conflict(_("There is nothing in force to appeal against."), code="not_in_force")
    if row.state != State.IN_FORCE:
        raise Conflict(_("You have appealed this already."), code="appealed")
    row.state, row.appeal, row.appealed_at = State.APPEALED, text.strip()[:1000], timezone.now()
    row.save(update_fields=["state", "appeal", "appealed_at"])
    notify(
        user_id=row.project.owner_id,
        kind="measure_appealed",
        url=f"/projects/{row.project_id}/people/",
        project=row.project.title,
    )
    audit.record("measure.appealed", row, actor=actor.pk)
    return row


@transaction.atomic
def decide_measure_appeal(*, measure: Measure, lift: bool, reason: str, actor: User) -> Measure:
    """Hear an appeal: by somebody else than who took the measure, unless nobody else could."""
    row = _lock(measure)
    if row.state != State.APPEALED:
        raise Conflict(_("This appeal has been decided already."), code="already_decided")
    if row.worker_id == actor.pk:
        raise Forbidden(_("Nobody decides on an appeal of their own."), code="own_appeal")
    others = {actor.pk, row.worker_id}
    if row.by_id == actor.pk and somebody_else(row.project, others, role=Role.REQUESTER):
        raise Forbidden(_("You decided this yourself; somebody else has to hear it."), code="other_reviewer")
    if lift:
        _end(row, actor, reason)
    row.state = State.LIFTED if lift else State.CONFIRMED
    row.decided_by, row.decision = actor, reason.strip()[:500]
    row.save()
    _tell_decided(row)
    audit.record(f"measure.{row.state}", row, actor=actor.pk)
    return row


@transaction.atomic
def lift_measure(*, measure: Measure, reason: str, actor: User) -> Measure:
    """Whoever manages the project can take a measure back at any time. Twice is harmless."""
    row = _lock(measure)
    if row.worker_id == actor.pk:
        raise Forbidden(_("Nobody takes back a measure against themselves."), code="own_measure")
    if row.ended_at is None and row.kind != Kind.MESSAGE:
        _end(row, actor, reason)
        row.state, row.decided_by, row.decision = State.LIFTED, actor, reason.strip()[:500]
        row.save()
        _tell_decided(row)
        audit.record("measure.lifted", row, actor=actor.pk)
    return row


@transaction.atomic
def finish_retraining(*, project: Project, actor: User) -> None:
    """The person has read the instructions again. What qualification was withdrawn is to be earned anew."""
    if not retraining.end_retraining(project=project, worker=actor):
        return
    rows = Measure.objects.filter(project=project, worker=actor, kind=Kind.RETRAIN, ended_at=None)
    for row in rows:
        row.ended_at = timezone.now()
        row.save(update_fields=["ended_at"])
        audit.record("worker.retrained", row, actor=actor.pk)


def _lock(measure: Measure) -> Measure:
    return (
        Measure.objects.select_for_update(of=("self",)).select_related("project", "worker").get(pk=measure.pk)
    )


def _end(row: Measure, actor: User, reason: str) -> None:
    row.ended_at = timezone.now()
    if row.kind == Kind.BAN:
        banning.lift_ban(project=row.project, worker=row.worker, reason=reason, actor=actor)
    else:
        retraining.lift_retraining(
            project=row.project, worker=row.worker, since=row.created_at, reason=row.reason
        )


def _tell_decided(row: Measure) -> None:
    notify(
        user_id=row.worker_id,
        kind=f"measure_{row.state}",
        url=f"/work/measures/{row.pk}/",
        project=row.project.title,
        reason=row.decision,
    )


def in_force_for(worker: User) -> list[Measure]:
    """What holds a person back somewhere at this moment."""
    rows = Measure.objects.filter(worker=worker, ended_at=None).exclude(kind=Kind.MESSAGE)
    return list(rows.select_related("project").order_by("created_at"))
