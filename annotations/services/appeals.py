"""An annotator's word against a rejection, heard by somebody else than who rejected."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.notifications import notify
from annotations.hearing import somebody_else
from annotations.models import Answer, Appeal, Review, SecondReview
from annotations.reinstating import reinstate
from annotations.settling import lock_items
from common import audit
from common.errors import Conflict, Forbidden


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
    """Uphold (the answer is approved and paid after all) or dismiss. Once; the second reviewer gets 409.

    Whoever rejected it does not hear the appeal, unless nobody else could: then the appeal says so.
    """
    item = lock_items([appeal.answer.item_id])[0]
    appeal = (
        Appeal.objects.select_for_update(of=("self",)).select_related("answer__project").get(pk=appeal.pk)
    )
    if appeal.state != Appeal.State.OPEN:
        raise Conflict(_("This appeal has been decided already."), code="already_decided")
    appeal.same_reviewer = _heard_by_the_same(appeal.answer, actor)
    appeal.state = Appeal.State.UPHELD if uphold else Appeal.State.DISMISSED
    appeal.decided_by, appeal.decision, appeal.decided_at = actor, reason, timezone.now()
    appeal.save()
    if uphold:
        reinstate([appeal.answer], item)
    audit.record(f"appeal.{appeal.state}", appeal, actor=actor.pk, answer=str(appeal.answer_id))
    notify(
        user_id=appeal.answer.worker_id,
        kind=f"appeal_{appeal.state}",
        url=f"/work/{appeal.answer_id}/",
        project=appeal.answer.project.title,
        same_reviewer=appeal.same_reviewer,
        answer=str(appeal.answer_id),
        reason=reason,
    )
    return appeal


def rejected_by(answer: Answer) -> set[UUID]:
    """Who turned the answer down: the reviewer, and whoever came to the same in a second look."""
    decision = answer.decision_id or _older_decision(answer)
    if decision is None:
        return set()
    found = Review.objects.filter(pk=decision).values_list("reviewer_id", flat=True)
    rejecting = SecondReview.objects.filter(review=decision, action=Review.Action.REJECT)
    return {*found, *(one for one in rejecting.values_list("reviewer_id", flat=True) if one)}


def _older_decision(answer: Answer) -> UUID | None:
    """Answers rejected before they kept their decision are found by it."""
    found = Review.objects.filter(
        consensus__item_id=answer.item_id,
        action=Review.Action.REJECT,
        after__answers__contains=[str(answer.pk)],
    ).order_by("created_at")
    return found.values_list("pk", flat=True).last()


def _heard_by_the_same(answer: Answer, actor: User) -> bool:
    """Whether somebody hears an appeal against a decision of their own; Forbidden if another one could."""
    if answer.worker_id == actor.pk:
        raise Forbidden(_("Nobody decides on an appeal of their own."), code="own_appeal")
    against = rejected_by(answer)
    if actor.pk not in against:
        return False
    if somebody_else(answer.project, {*against, answer.worker_id}):
        raise Forbidden(
            _("You rejected this answer yourself; another reviewer has to hear the appeal."),
            code="other_reviewer",
        )
    return True
