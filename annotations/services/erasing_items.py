"""What people said about items that are erased: the work stays counted and paid, its content goes."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q

from annotations import approval
from annotations.models import (
    Answer,
    Appeal,
    Consensus,
    ModelJudgment,
    Review,
    SecondReview,
    Suggestion,
)
from tasks_app.models import Item

State = Consensus.State
FULL_ANSWER = ~Q(value={}) | ~Q(edits=[]) | ~Q(reason="")


def empty_answers(items: Sequence[Item]) -> dict[str, int]:
    """In the caller's transaction, the items being locked. Repeat it at will."""
    ids = [item.pk for item in items]
    paid = _pay_the_undecided(ids)
    answers = Answer.objects.filter(item__in=ids)
    appeals = Appeal.objects.filter(answer__in=answers).exclude(text="", decision="")
    return {
        "answers_paid_early": paid,
        "appeals": appeals.update(text="", decision=""),
        "answers": answers.filter(FULL_ANSWER).update(value={}, edits=[], reason=""),
        "suggestions": Suggestion.objects.filter(item__in=ids).delete()[0],
        "model_judgments": ModelJudgment.objects.filter(item__in=ids).delete()[0],
        "decisions": _empty_decisions(ids),
    }


def _pay_the_undecided(ids: Sequence[UUID]) -> int:
    """Nobody can judge them any more, so they count as right: the text went, the work was done."""
    waiting = Answer.objects.filter(item__in=ids, state=Answer.State.PENDING, source=Answer.Source.CROWD)
    by_project: dict[UUID, list[UUID]] = defaultdict(list)
    for project, answer in waiting.order_by("project", "pk").values_list("project", "pk"):
        by_project[project].append(answer)
    total = 0
    for project in sorted(by_project):
        approved = approval.approve(by_project[project])
        approval.pay(approved)
        total += len(approved)
    return total


def _empty_decisions(ids: Sequence[UUID]) -> int:
    consensus = Consensus.objects.filter(item__in=ids)
    reviews = Review.objects.filter(consensus__in=consensus)
    seconds = SecondReview.objects.filter(review__in=reviews)
    # Nobody can look a second time.
    seconds.filter(state__in=[SecondReview.State.WAITING, SecondReview.State.DIFFERS]).delete()
    seconds.update(value=None, reason="")
    reviews.update(before=None, after=None, reason="", passage="")
    waiting = consensus.filter(state__in=[State.OPEN, State.REVIEW])
    waiting.update(state=State.REJECTED, cause=Consensus.Cause.NONE)
    full = consensus.filter(Q(value__isnull=False) | ~Q(posterior={}))
    return full.update(value=None, posterior={}, confidence=0, gain=0)
