"""What annotations hold about a person: answers, decisions by and about them, words on their texts."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.closing import lock_account
from annotations.models import (
    AnomalySignal,
    Answer,
    Appeal,
    Consensus,
    Measure,
    ModelJudgment,
    Review,
    SecondReview,
    Suggestion,
    WorkerDay,
    WorkerSkill,
)
from annotations.services import erasing_items, erasing_people
from privacy import mentions
from privacy.holders import Holding, Subject, Terms
from tasks_app.models import Item
from tasks_app.services import departing
from tasks_app.services import erasing_items as locking


class AnnotationsHolder:
    name = "annotations"
    rank = 20

    def holdings(self, subject: Subject) -> Iterator[Holding]:
        user = User.objects.filter(pk=subject.account).first() if subject.account else None
        if user is not None:
            yield from _given(user)
            yield from _heard(user)
            yield from _decided(user)

    def erase(self, subject: Subject, terms: Terms) -> dict[str, int]:
        done: dict[str, int] = {}
        # An account before items, as a claim locks them.
        user = lock_account(subject.account)
        if subject.items:
            done |= erasing_items.empty_answers(locking.begin(subject.items))
        if user is not None:
            done |= erasing_people.erase_person(user, subject.values)
        done["mentions"] = mentions.scrub_words("annotations", subject.values)
        return {name: count for name, count in done.items() if count}

    def restrict(self, subject: Subject, *, restricted: bool) -> dict[str, int]:
        if subject.account is None:
            return {}
        user = lock_account(subject.account)
        if user is not None and restricted:
            # What is being handed in comes first, and is held back with the rest.
            departing.give_everything_back(user, reason="restricted")
        answers = Answer.objects.filter(worker=subject.account, held=not restricted)
        items = list(answers.order_by().values_list("item", flat=True).distinct())
        changed = answers.update(held=restricted)
        # With or without them the crowd may say something else.
        Item.objects.filter(pk__in=items).exclude(state=Item.State.WITHDRAWN).update(needs_aggregation=True)
        return {"answers": changed} if changed else {}

    def residue(self, subject: Subject) -> dict[str, int]:
        left = mentions.count_mentions("annotations", subject.values)
        if subject.items:
            left |= _about(subject)
        if subject.account is not None:
            left |= _by(subject)
        return {name: count for name, count in left.items() if count}


def _about(subject: Subject) -> dict[str, int]:
    of_items = Consensus.objects.filter(item__in=subject.items)
    reviews = Review.objects.filter(consensus__in=of_items)
    answers = Answer.objects.filter(item__in=subject.items)
    return {
        "answers_on_items": answers.filter(erasing_items.FULL_ANSWER).count(),
        "consensus": of_items.filter(Q(value__isnull=False) | ~Q(posterior={})).count(),
        "reviews_of_items": reviews.filter(
            Q(before__isnull=False) | Q(after__isnull=False) | ~Q(reason="")
        ).count(),
        "appeals_on_items": Appeal.objects.filter(answer__in=answers).exclude(text="", decision="").count(),
        "second_reviews_of_items": SecondReview.objects.filter(review__in=reviews)
        .filter(Q(value__isnull=False) | ~Q(reason=""))
        .count(),
        "suggestions": Suggestion.objects.filter(item__in=subject.items).count(),
        "model_judgments": ModelJudgment.objects.filter(item__in=subject.items).count(),
    }


def _by(subject: Subject) -> dict[str, int]:
    user = subject.account
    return {
        "answers": Answer.objects.filter(worker=user).count(),
        "skills": WorkerSkill.objects.filter(worker=user).count(),
        "working_days": WorkerDay.objects.filter(worker=user).count(),
        "signs": AnomalySignal.objects.filter(Q(worker=user) | Q(partner=user) | Q(decided_by=user)).count(),
        "measures": Measure.objects.filter(Q(worker=user) | Q(by=user) | Q(decided_by=user)).count(),
        "reviews": Review.objects.filter(reviewer=user).count(),
        "second_reviews": SecondReview.objects.filter(Q(reviewer=user) | Q(resolved_by=user)).count(),
        "appeals_decided": Appeal.objects.filter(decided_by=user).count(),
    }


def _given(user: User) -> Iterator[Holding]:
    yield Holding(
        "answers", _("Your answers"),
        _rows(
            Answer.objects.filter(worker=user), "id", "project__title", "item", "value", "seconds", "edits",
            "state", "reason", "category", "created_at", "decided_at", "partial_minor",
        ),
        _("To make, with others' answers, data that models learn from; and to pay you."), source=_("You."),
        recipients=_("The requester, under a made-up name."),
    )  # fmt: skip
    yield Holding(
        "appeals", _("Your appeals"),
        _rows(
            Appeal.objects.filter(answer__worker=user), "answer", "text", "state", "decision", "created_at",
            "decided_at",
        ),
        _("To have a rejection looked at again."), source=_("You."),
    )  # fmt: skip
    yield Holding(
        "days", _("Your days of work"),
        _rows(WorkerDay.objects.filter(worker=user), "day", "currency", "answers", "earned_minor"),
        _("To show you what you did today."), source=_("Counted from your answers."),
    )  # fmt: skip


def _heard(user: User) -> Iterator[Holding]:
    """What others, or the numbers, say about the person. Which items are gold is left out: it would tell."""
    about = Review.objects.filter(consensus__item__answers__worker=user).distinct()
    yield Holding(
        "reviews_received", _("Reviews of items that you answered"),
        _rows(about, "consensus__item", "consensus__field", "action", "category", "reason", "passage",
              "created_at"),
        _("To see that data are right, and to tell you why an answer was not taken."),
        source=_("Reviewers."),
    )  # fmt: skip
    yield Holding(
        "measures", _("What was decided about your work"),
        _rows(
            Measure.objects.filter(worker=user), "project__title", "kind", "state", "reason", "appeal",
            "decision", "created_at", "ended_at",
        ),
        _("To see that data are right."), source=_("Requesters and reviewers."),
    )  # fmt: skip
    yield Holding(
        "signs", _("What stood out in your answers"),
        _rows(
            AnomalySignal.objects.filter(worker=user), "project__title", "kind", "state", "score", "evidence",
            "created_at",
        ),
        _("To find answers that were not given with care; only people decide about them."),
        source=_("Worked out from your answers."),
    )  # fmt: skip
    yield Holding(
        "skills", _("How well your answers fit those of others"),
        _rows(
            WorkerSkill.objects.filter(worker=user), "project__title", "field", "accuracy", "answers",
            "updated_at",
        ),
        _("To weigh answers when people disagree."), source=_("Worked out from your answers."),
    )  # fmt: skip


def _decided(user: User) -> Iterator[Holding]:
    yield Holding(
        "reviews_given", _("Decisions that you took"),
        _rows(
            Review.objects.filter(reviewer=user), "consensus__item", "consensus__field", "action", "category",
            "reason", "created_at",
        ),
        _("To see that data are right."), source=_("You."),
    )  # fmt: skip
    yield Holding(
        "second_reviews_given", _("Second looks that you took"),
        _rows(SecondReview.objects.filter(reviewer=user), "review", "action", "reason", "decided_at"),
        _("To see that decisions are right."), source=_("You."),
    )  # fmt: skip


def _rows(found: QuerySet[Any], *names: str) -> Iterator[dict[str, Any]]:
    for row in found.order_by("pk").values(*names).iterator(chunk_size=500):
        yield {name.replace("__title", "").replace("consensus__", ""): value for name, value in row.items()}
