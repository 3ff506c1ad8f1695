"""What becomes of a person's answers and decisions when they have their data erased."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from accounts.services.closing import stand_in
from annotations.models import (
    COUNTED,
    AnomalySignal,
    Answer,
    Appeal,
    Consensus,
    Measure,
    Review,
    SecondReview,
    WorkerDay,
    WorkerSkill,
)
from annotations.settling import lock_items
from privacy import mentions
from tasks_app.models import Assignment, Flag, Item, Project
from tasks_app.selectors import current_fields, schema_fields
from tasks_app.services import departing, slots

State = Consensus.State


def erase_person(user: User, values: Sequence[str]) -> dict[str, int]:
    """By the policy of each project; in the caller's transaction, the account being locked. Repeatable."""
    done: Counter[str] = Counter()
    done["leases"] = departing.give_everything_back(user)
    for project in Project.objects.filter(pk__in=projects_of(user)).order_by("pk"):
        remove = project.erasure_answers == Project.ErasureOfAnswers.REMOVE
        done += Counter(_remove_answers(project, user) if remove else {})
        done += Counter(_rename(project, user, values))
    done["working_days"] = WorkerDay.objects.filter(worker=user).delete()[0]
    about = AnomalySignal.objects.filter(Q(worker=user) | Q(partner=user))
    done["signs"] = about.delete()[0]
    done["measures"] = Measure.objects.filter(worker=user).delete()[0]
    return dict(done)


def projects_of(user: User) -> set[UUID]:
    """Where the person answered, decided or reported something."""
    found: set[UUID] = set()
    for rows, name in (
        (Answer.objects.filter(worker=user), "project"),
        (Assignment.objects.filter(worker=user), "project"),
        (Flag.objects.filter(worker=user), "item__project"),
        (WorkerSkill.objects.filter(worker=user), "project"),
        (Review.objects.filter(reviewer=user), "consensus__project"),
        (SecondReview.objects.filter(Q(reviewer=user) | Q(resolved_by=user)), "project"),
        (Appeal.objects.filter(decided_by=user), "answer__project"),
        (Measure.objects.filter(Q(by=user) | Q(decided_by=user)), "project"),
        (AnomalySignal.objects.filter(decided_by=user), "project"),
    ):
        found |= set(rows.order_by().values_list(name, flat=True).distinct())
    return found


def _rename(project: Project, user: User, values: Sequence[str]) -> dict[str, int]:
    """Everything of theirs in one project under a name of its own, which is nobody's.

    Another one in every project: otherwise what a person did in several would point at who it was.
    """
    nobody = stand_in()
    answers = Answer.objects.filter(project=project, worker=user)
    _scrub_texts(project, answers, values)
    Appeal.objects.filter(answer__in=answers).exclude(text="").update(text="")
    done = {
        "answers_renamed": answers.update(
            worker=nobody, edits=[], held=False, idempotency_key="", request_hash=""
        ),
        "assignments": departing.hand_over(project_id=project.pk, user=user, to=nobody),
        "skills": WorkerSkill.objects.filter(project=project, worker=user).update(worker=nobody),
        "decisions": _rename_decisions(project, user, nobody),
    }
    return done


def _rename_decisions(project: Project, user: User, nobody: User) -> int:
    """Reasons stay: others are told by them why their work was or was not taken."""
    seconds = SecondReview.objects.filter(project=project)
    measures = Measure.objects.filter(project=project)
    appeals = Appeal.objects.filter(answer__project=project, decided_by=user)
    return (
        Review.objects.filter(consensus__project=project, reviewer=user).update(reviewer=nobody)
        + seconds.filter(reviewer=user).update(reviewer=nobody)
        + seconds.filter(resolved_by=user).update(resolved_by=nobody)
        + appeals.update(decided_by=nobody)
        + measures.filter(by=user).update(by=nobody)
        + measures.filter(decided_by=user).update(decided_by=nobody)
        + AnomalySignal.objects.filter(project=project, decided_by=user).update(decided_by=nobody)
    )


def _scrub_texts(project: Project, answers: QuerySet[Answer], values: Sequence[str]) -> None:
    """A free answer may name its author. Only there: in a marked text every place would move."""
    pattern = mentions.pattern_of(mentions.usable(values))
    texts = {field.name for field in current_fields(project) if field.type == "text"}
    of_items = Consensus.objects.filter(item__in=answers.values("item"), field__in=texts)
    _scrub_rows(Review.objects.filter(consensus__in=of_items), ("before", "after"), pattern)
    _scrub_rows(SecondReview.objects.filter(review__consensus__in=of_items), ("value",), pattern)
    # The answers themselves are what is chosen from.
    _scrub_rows(of_items, ("value", "posterior"), pattern)
    for answer in answers.iterator(chunk_size=500):
        texts = {field.name for field in schema_fields(answer.schema_version_id) if field.type == "text"}
        value = {
            name: mentions.scrub(said, pattern) if name in texts else said
            for name, said in answer.value.items()
        }
        if value != answer.value:
            Answer.objects.filter(pk=answer.pk).update(value=value)


def _scrub_rows(rows: QuerySet[Any], names: Sequence[str], pattern: re.Pattern[str]) -> None:
    for row in rows.iterator(chunk_size=500):
        before = {name: getattr(row, name) for name in names}
        after = mentions.scrub(before, pattern)
        if after != before:
            type(row).objects.filter(pk=row.pk).update(**after)


# -- the answers go -----------------------------------------------------------------------------------------


def _remove_answers(project: Project, user: User) -> dict[str, int]:
    """Take the answers out as if they had never been given; what was paid for them stays booked as it was."""
    mine = Answer.objects.filter(project=project, worker=user)
    items = lock_items(mine.values_list("item", flat=True))
    answers = list(mine.select_for_update(of=("self",)).order_by("pk"))
    for answer in answers:
        if answer.assignment_id and not answer.extra and answer.state != Answer.State.REJECTED:
            _free_slot(answer)
    departing.drop_unanswered(Assignment.objects.filter(pk__in=_drop([answer.pk for answer in answers])))
    WorkerSkill.objects.filter(project=project, worker=user).delete()
    _decide_anew([item.pk for item in items])
    return {"answers_removed": len(answers)}


def _drop(answers: Sequence[UUID]) -> list[UUID]:
    """Delete the answers; their assignments."""
    rows = Answer.objects.filter(pk__in=answers)
    assignments = list(rows.exclude(assignment=None).values_list("assignment", flat=True))
    rows.delete()
    return [pk for pk in assignments if pk is not None]


def _free_slot(answer: Answer) -> None:
    """An unpaid answer's slot, and its money, serve somebody else; a paid one's money is spent."""
    slots.reopen_slots(item_id=answer.item_id, count=1)
    if answer.state == Answer.State.APPROVED:
        item = Item.objects.get(pk=answer.item_id)
        Item.objects.filter(pk=item.pk).update(slots=max(item.slots - 1, item.taken))


def _decide_anew(item_ids: Iterable[UUID]) -> None:
    """What the crowd alone had decided is open again; what a reviewer decided stands on their word."""
    ids = list(item_ids)
    rows = Consensus.objects.filter(item__in=ids).exclude(state=State.CORRECTED)
    rows.exclude(reviews__action=Review.Action.APPROVE).update(
        state=State.OPEN,
        cause=Consensus.Cause.NONE,
        value=None,
        posterior={},
        confidence=0,
        answers=0,
        gain=0,
    )
    answered = Exists(Answer.objects.filter(COUNTED, item=OuterRef("pk")))
    items = Item.objects.filter(pk__in=ids).exclude(state=Item.State.WITHDRAWN)
    items.filter(answered).update(needs_aggregation=True)
    silent = items.exclude(answered).filter(taken=0)
    # Without an answer an item waits like a new one, until there is money to ask people again.
    silent.filter(slots=0).update(state=Item.State.WAITING, needs_aggregation=False)
    silent.filter(slots__gt=0).update(state=Item.State.OPEN, needs_aggregation=False)
