"""A share of the decisions is taken again by another reviewer who does not see the first one."""

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.models import User
from annotations.aggregation.judgments import Judgment
from annotations.aggregation.kappa import fleiss_kappa
from annotations.models import Answer, Consensus, Review, SecondReview
from annotations.reviewing import ReviewEntry, review_entries
from tasks_app.models import Project

State, Action = SecondReview.State, Review.Action
_RECENT = 1_000


def draw(project: Project, decision: Review) -> None:
    """Its id decides, so whoever decided cannot know beforehand, and a repeated request draws the same."""
    drawn = int.from_bytes(hashlib.sha256(decision.pk.bytes).digest()[:8], "big") / 2**64
    if drawn < project.second_review_share:
        SecondReview.objects.create(project=project, review=decision)


def shown(project: Project) -> QuerySet[SecondReview]:
    """Nobody looks at an item while somebody who occurs in it has it restricted."""
    return SecondReview.objects.filter(project=project, review__consensus__item__restricted=False)


def states_of(project: Project) -> set[str]:
    """The states of decisions to be taken again: one question before the two that follow from it."""
    return set(shown(project).order_by().values_list("state", flat=True).distinct())


def waiting_for(user: User, project: Project) -> QuerySet[SecondReview]:
    """Decisions of others on items that `user` has not answered, the oldest first."""
    answered = Answer.objects.filter(item_id=OuterRef("review__consensus__item_id"), worker=user)
    rows = shown(project).filter(state=State.WAITING)
    rows = rows.exclude(review__reviewer=user).exclude(Exists(answered))
    return rows.select_related("review__consensus__item", "review__consensus__project").order_by("id")


def differing(project: Project) -> QuerySet[SecondReview]:
    """Where two reviewers decided differently and nobody has settled it."""
    rows = shown(project).filter(state=State.DIFFERS)
    return rows.select_related("review__consensus__item", "review__consensus__project").order_by("id")


def blind_entry(row: SecondReview) -> ReviewEntry:
    """What the first reviewer saw, without a trace of what was decided."""
    first, consensus = row.review, row.review.consensus
    consensus.value, consensus.state = first.before, Consensus.State.REVIEW
    [entry] = review_entries([consensus])
    answers = tuple(
        replace(answer, state="", reason="", category="")
        for answer in entry.answers
        if answer.created_at <= first.created_at
    )
    truth = {**entry.truth, consensus.field: first.before}
    beside = truth if entry.beside else {}
    return replace(entry, answers=answers, truth=truth, beside=beside, history=(), approves_itself_at=None)


def is_blind(item_id: UUID, user: User) -> bool:
    """Whether what was decided on an item must not show to `user`, who may have to decide it again."""
    rows = SecondReview.objects.filter(review__consensus__item_id=item_id, state=State.WAITING)
    return rows.exclude(review__reviewer=user).exists()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a decision comes to: the answers are turned down, or a value holds."""

    rejected: bool
    value: Any = None

    def words(self) -> str:
        return "rejected" if self.rejected else json.dumps(self.value, sort_keys=True, ensure_ascii=False)


def outcome_of(review: Review) -> Outcome:
    return Outcome(True) if review.action == Action.REJECT else Outcome(False, review.after)


def second_outcome(row: SecondReview) -> Outcome:
    return Outcome(True) if row.action == Action.REJECT else Outcome(False, row.value)


@dataclass(frozen=True, slots=True)
class ReviewerAgreement:
    """`rate` of the latest `compared` decisions taken twice that came to the same; `kappa` beyond chance."""

    compared: int
    agreed: int
    waiting: int
    differing: int
    kappa: float | None

    @property
    def rate(self) -> float | None:
        return self.agreed / self.compared if self.compared else None


def reviewer_agreement(project_id: UUID) -> ReviewerAgreement:
    rows = SecondReview.objects.filter(project_id=project_id)
    taken = list(rows.exclude(state=State.WAITING).select_related("review").order_by("-id")[:_RECENT])
    judgments = [
        Judgment(who, str(row.pk), outcome.words())
        for row in taken
        for who, outcome in (("first", outcome_of(row.review)), ("second", second_outcome(row)))
    ]
    open_ = rows.aggregate(
        waiting=Count("id", filter=Q(state=State.WAITING)),
        differing=Count("id", filter=Q(state=State.DIFFERS)),
    )
    return ReviewerAgreement(
        compared=len(taken),
        agreed=sum(row.state == State.AGREED for row in taken),
        waiting=open_["waiting"],
        differing=open_["differing"],
        kappa=fleiss_kappa(judgments),
    )
