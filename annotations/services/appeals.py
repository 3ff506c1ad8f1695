"""An annotator's word against a rejection, heard by somebody else than who rejected."""

from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership, Role, User
from accounts.services.notifications import notify
from annotations import approval, tasks
from annotations.models import Answer, Appeal, Review
from annotations.settling import lock_items
from common import audit
from common.errors import Conflict, Forbidden
from common.queueing import enqueue_on_commit
from rewards.services import ledger
from tasks_app.models import Item, Project

_REVIEWERS = [Role.REVIEWER, Role.REQUESTER, Role.ADMIN]


@transaction.atomic
def appeal_answer(*, answer: Answer, text: str, actor: User) -> Appeal:
    """Object to the rejection of one's own answer: within a week, once."""
    answer = Answer.objects.select_for_update().get(pk=answer.pk, worker=actor)
    if answer.state != Answer.State.REJECTED:
        raise Conflict(_("Only a rejected answer can be appealed."), code="not_rejected")
    if Appeal.objects.filter(answer=answer).exists():
        raise Conflict(_("You have appealed this already; an answer can be appealed once."), code="appealed")
    if answer.decided_at is None or timezone.now() - answer.decided_at > Appeal.WITHIN:
        raise Conflict(_("Appeals are possible for 7 days after a rejection."), code="too_late")
    appeal = Appeal.objects.create(answer=answer, text=text)
    audit.record("appeal.made", appeal, actor=actor.pk, answer=str(answer.pk))
    return appeal


@transaction.atomic
def decide_appeal(*, appeal: Appeal, uphold: bool, reason: str, actor: User) -> Appeal:
    """Uphold (the answer is approved and paid after all) or dismiss. Once; the second reviewer gets 409."""
    item = lock_items([appeal.answer.item_id])[0]
    appeal = (
        Appeal.objects.select_for_update(of=("self",)).select_related("answer__project").get(pk=appeal.pk)
    )
    if appeal.state != Appeal.State.OPEN:
        raise Conflict(_("This appeal has been decided already."), code="already_decided")
    _refuse_own_rejection(appeal.answer, actor)
    appeal.state = Appeal.State.UPHELD if uphold else Appeal.State.DISMISSED
    appeal.decided_by, appeal.decision, appeal.decided_at = actor, reason, timezone.now()
    appeal.save()
    if uphold:
        _reinstate(appeal.answer, item)
    audit.record(f"appeal.{appeal.state}", appeal, actor=actor.pk, answer=str(appeal.answer_id))
    notify(
        user_id=appeal.answer.worker_id,
        kind=f"appeal_{appeal.state}",
        url="/work/",
        project=appeal.answer.project.title,
        answer=str(appeal.answer_id),
        reason=reason,
    )
    return appeal


def rejected_by(answer: Answer) -> UUID | None:
    """Who rejected the answer last."""
    found = Review.objects.filter(
        consensus__item_id=answer.item_id,
        action=Review.Action.REJECT,
        after__answers__contains=[str(answer.pk)],
    ).order_by("created_at")
    return found.values_list("reviewer_id", flat=True).last()


def _refuse_own_rejection(answer: Answer, actor: User) -> None:
    if rejected_by(answer) == actor.pk and _has_other_reviewer(answer.project, actor):
        raise Forbidden(
            _("You rejected this answer yourself; another reviewer has to hear the appeal."),
            code="other_reviewer",
        )
    if answer.worker_id == actor.pk:
        raise Forbidden(_("Nobody decides on an appeal of their own."), code="own_appeal")


def _has_other_reviewer(project: Project, actor: User) -> bool:
    if project.owner_id != actor.pk:
        return True
    here = Q(scope=project.pk, role__in=_REVIEWERS)
    everywhere = Q(scope=None, role__in=[Role.REVIEWER, Role.ADMIN])
    return Membership.objects.filter(here | everywhere, user__is_active=True).exclude(user=actor).exists()


def _reinstate(answer: Answer, item: Item) -> None:
    """Approve and pay. Its slot was opened for somebody else: it is taken back if it is still free, else the
    money comes from the escrow (Conflict, insufficient_funds, if there is none)."""
    Answer.objects.filter(pk=answer.pk).update(state=Answer.State.PENDING)
    approved = approval.approve([answer.pk])
    reward = approved[0].reward_minor
    free = Item.objects.filter(pk=item.pk, taken__lt=F("slots"), state=Item.State.OPEN)
    if not free.update(taken=F("taken") + 1, submitted=F("submitted") + 1) and reward:
        ledger.reserve(
            project_id=answer.project_id,
            currency=answer.project.currency,
            amount_minor=reward,
            key=f"reserve:appeal:{answer.pk}",
        )
    approval.pay(approved)
    Item.objects.filter(pk=item.pk).update(needs_aggregation=True)
    enqueue_on_commit(tasks.aggregate_item, item.pk)
