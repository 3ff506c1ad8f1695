"""The second reviewer decides blindly; where the two differ, a third one or the owner settles it."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from annotations import second_look
from annotations.correcting import canonical_value, comes_to_the_same, put_value
from annotations.models import Answer, Consensus, Review, SecondReview
from annotations.reinstating import reinstate
from annotations.services import review
from annotations.settling import lock_items
from common import audit
from common.errors import Conflict, Forbidden
from tasks_app.models import Item

State, Action = SecondReview.State, Review.Action
FIRST, SECOND = "first", "second"


@transaction.atomic
def decide_again(
    *,
    second: SecondReview,
    action: str,
    actor: User,
    value: Any = None,
    reason: str = "",
    category: str = "",
) -> SecondReview:
    """Take a decision a second time. It changes nothing by itself; it is compared with the first one."""
    row = _lock(second, State.WAITING)
    consensus, first = row.review.consensus, row.review
    if first.reviewer_id == actor.pk:
        raise Forbidden(_("You took the first decision; another one looks again."), code="first_reviewer")
    review.refuse_own_answer(consensus.item_id, actor)
    row.value = first.before
    if action == Action.CORRECT:
        row.value = canonical_value(consensus, value, consensus.item)
    row.action, row.reviewer, row.decided_at = action, actor, timezone.now()
    row.reason, row.category = reason, category
    one, other = second_look.outcome_of(first), second_look.second_outcome(row)
    same = one.rejected == other.rejected and (
        one.rejected or comes_to_the_same(consensus, one.value, other.value, consensus.item)
    )
    row.state = State.AGREED if same else State.DIFFERS
    row.save()
    audit.record("review.second", row, actor=actor.pk, agreed=same)
    return row


@transaction.atomic
def resolve(*, second: SecondReview, side: str, actor: User) -> SecondReview:
    """Settle a disagreement for the first or the second decision. Paid work stays paid, whoever was right.

    Neither of the two who differ settles it; only an owner may, whose first decision somebody else disputes.
    """
    item = lock_items([second.review.consensus.item_id])[0]
    row = _lock(second, State.DIFFERS)
    is_owners = row.review.reviewer_id == actor.pk == row.project.owner_id
    if actor.pk in {row.reviewer_id, row.review.reviewer_id} and not is_owners:
        raise Forbidden(
            _("You are one of the two who differ; somebody else settles it."),
            code="third_reviewer",
        )
    review.refuse_own_answer(item.pk, actor)
    row.state, row.upheld, row.resolved_by = State.RESOLVED, side, actor
    row.save()
    if side == SECOND:
        _apply(row, item, actor)
    audit.record("review.resolved", row, actor=actor.pk, side=side)
    return row


def _lock(second: SecondReview, state: str) -> SecondReview:
    row = (
        SecondReview.objects.select_for_update(of=("self",))
        .select_related("project", "review__consensus__item", "review__consensus__project")
        .get(pk=second.pk)
    )
    if row.state != state:
        raise Conflict(_("This has been decided already. Go on with the next one."), code="already_decided")
    return row


def _apply(row: SecondReview, item: Item, actor: User) -> None:
    consensus, first, after = row.review.consensus, row.review, second_look.second_outcome(row)
    if first.action == Action.REJECT:
        _reinstate_rejected(first, item)
    elif after.rejected:
        # The answers are paid and stay so; what they say is held to be true no longer.
        Consensus.objects.filter(pk=consensus.pk).update(state=Consensus.State.REJECTED)
    else:
        put_value(consensus, after.value, item)
    Review.objects.create(
        consensus=consensus,
        reviewer=actor,
        action=row.action,
        before=first.after if first.action != Action.REJECT else first.before,
        after=None if after.rejected else after.value,
        category=row.category,
        reason=row.reason,
    )


def _reinstate_rejected(first: Review, item: Item) -> None:
    ids = (first.after or {}).get("answers", [])
    answers = Answer.objects.select_for_update(of=("self",)).select_related("project").order_by("pk")
    rejected = list(answers.filter(pk__in=ids, state=Answer.State.REJECTED))
    if rejected:
        reinstate(rejected, item)
