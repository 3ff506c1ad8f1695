"""What follows from a verdict: settled, checked by a person, asked once more, or left to a reviewer.

Everything happens under the locks of the items, so that two workers, or a task delivered twice, end alike.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from annotations import approval
from annotations.gain import expected_gain
from annotations.judging import FieldVerdict, Verdict
from annotations.models import COUNTED, Answer, Consensus
from annotations.references import restate
from tasks_app import selectors
from tasks_app.fields.base import Field
from tasks_app.models import Item, Project
from tasks_app.services import slots

State, Cause = Consensus.State, Consensus.Cause
FINAL = {State.APPROVED, State.CORRECTED}
Rows = dict[str, Consensus]  # field -> consensus of one item


@dataclass(frozen=True, slots=True)
class Asked:
    """A project and its fields as they are now, read once for all items that are settled together."""

    project: Project
    fields: Sequence[Field]


def lock_items(item_ids: Iterable[UUID]) -> list[Item]:
    """In one order, so that two who want several never wait for each other."""
    return list(Item.objects.select_for_update().filter(pk__in=list(item_ids)).order_by("pk"))


@transaction.atomic
def settle(project: Project, verdicts: Sequence[Verdict]) -> None:
    """Apply verdicts on items of `project`. One that missed an answer is dropped, its item stays marked."""
    by_item = {verdict.item_id: verdict for verdict in verdicts}
    items = lock_items(by_item)
    answers, known = _answer_states(by_item), consensus_of(by_item)
    untouched = {row.pk for rows in known.values() for row in rows.values() if row.state in FINAL}
    current = [item for item in items if by_item[item.pk].answers == frozenset(answers[item.pk])]
    asked = Asked(project, selectors.current_fields(project))
    plans = {
        item.pk: _plan(asked, item, by_item[item.pk], known[item.pk], len(_pending(answers, [item])))
        for item in current
    }
    finished = [item for item in current if _is_final(plans[item.pk])]
    approved = approval.approve(_pending(answers, finished))
    for item in current:
        if item not in finished:
            _ask_again_or_review(project, item, by_item[item.pk], plans[item.pk])
    _store([row for rows in plans.values() for row in rows.values() if row.pk not in untouched])
    _close(finished)
    approval.pay(approved)
    Item.objects.filter(pk__in=[item.pk for item in current]).update(needs_aggregation=False)


def conclude(item: Item) -> bool:
    """After a decision on a locked item: when every field is final, pay its answers and close it."""
    rows = consensus_of([item.pk])[item.pk]
    if not _is_final(rows):
        return False
    approved = approval.approve(_pending(_answer_states([item.pk]), [item]))
    _close([item])
    approval.pay(approved)
    return True


def is_sampled(project: Project, item_id: UUID) -> bool:
    """Whether a settled item is checked by a person all the same; its id decides, so it is drawn once."""
    drawn = int.from_bytes(hashlib.sha256(item_id.bytes).digest()[:8], "big") / 2**64
    return drawn < project.sample_check_share


def consensus_of(item_ids: Iterable[UUID]) -> dict[UUID, Rows]:
    found: dict[UUID, Rows] = defaultdict(dict)
    for row in Consensus.objects.filter(item_id__in=list(item_ids)):
        found[row.item_id][row.field] = row
    return found


def _answer_states(item_ids: Iterable[UUID]) -> dict[UUID, dict[UUID, str]]:
    found: dict[UUID, dict[UUID, str]] = defaultdict(dict)
    rows = Answer.objects.filter(COUNTED, item_id__in=list(item_ids))
    for item_id, answer_id, state in rows.values_list("item_id", "id", "state"):
        found[item_id][answer_id] = state
    return found


def _pending(answers: Mapping[UUID, Mapping[UUID, str]], items: Iterable[Item]) -> list[UUID]:
    return [
        answer_id
        for item in items
        for answer_id, state in answers[item.pk].items()
        if state == Answer.State.PENDING
    ]


def _is_final(rows: Rows) -> bool:
    return bool(rows) and all(row.state in FINAL for row in rows.values())


def _plan(asked: Asked, item: Item, verdict: Verdict, rows: Rows, pending: int) -> Rows:
    """The item's consensus as far as the answers alone decide it; nothing is stored yet."""
    if item.state == Item.State.WITHDRAWN or _is_final(rows) and set(verdict.fields) <= set(rows):
        return rows
    if not rows and item.submitted < item.slots:
        return {}
    undecided = {
        name: field
        for name, field in verdict.fields.items()
        if name not in rows or rows[name].state not in FINAL
    }
    before = {name: row.value for name, row in rows.items()}
    for name, field in undecided.items():
        row = rows.setdefault(name, Consensus(project=asked.project, item=item, field=name))
        row.value, row.confidence, row.posterior = field.value, field.confidence, field.posterior
        row.answers = len(verdict.answers)
        row.gain = expected_gain(
            confidence=field.confidence,
            posterior=field.posterior,
            undecided=pending,
            is_test=item.split == "test",
        )
    _restate(asked, verdict, rows, before, undecided)
    if not doubtful(asked.project, undecided) and not _held_for_a_person(rows):
        sampled = asked.project.reviewers_needed > 1 or is_sampled(asked.project, item.pk)
        for name in undecided:
            rows[name].state = State.REVIEW if sampled else State.APPROVED
            rows[name].cause = Cause.SAMPLE if sampled else Cause.NONE
    return rows


def _restate(
    asked: Asked, verdict: Verdict, rows: Rows, before: Mapping[str, Any], undecided: Collection[str]
) -> None:
    """What is final stays, so a relation may stand beside other spans than those it was decided with."""
    decided = {name: field.value for name, field in verdict.fields.items()}
    spoken_of = {name: decided if name in undecided else before for name in rows}
    for row in restate(asked.fields, rows, spoken_of):
        if row.state in FINAL:
            row.save(update_fields=["value", "updated_at"])


def doubtful(project: Project, fields: Mapping[str, FieldVerdict]) -> set[str]:
    return {name for name, field in fields.items() if field.decides and field.confidence < project.confidence}


def _held_for_a_person(rows: Rows) -> bool:
    """A sample check or an appeal waits for a reviewer's eyes, however sure the numbers have become."""
    return any(row.state == State.REVIEW and row.cause != Cause.DOUBT for row in rows.values())


def _ask_again_or_review(project: Project, item: Item, verdict: Verdict, rows: Rows) -> None:
    """Nobody may wait for an item that is in doubt: one more person is asked, or a reviewer."""
    waiting = [row for row in rows.values() if row.state in {State.OPEN, State.REJECTED}]
    if not waiting or item.submitted < item.slots or item.state == Item.State.WITHDRAWN:
        return
    in_review = any(row.state == State.REVIEW for row in rows.values())
    if not in_review and slots.add_slot(item_id=item.pk):
        for row in waiting:
            row.state = State.OPEN
        return
    unsure = doubtful(project, verdict.fields)
    for row in waiting:
        looked_at = row.field in unsure or project.reviewers_needed > 1
        row.state = State.REVIEW if looked_at else State.APPROVED
        row.cause = Cause.DOUBT if row.field in unsure else Cause.SAMPLE if looked_at else Cause.NONE


def _store(rows: Sequence[Consensus]) -> None:
    Consensus.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["item", "field"],
        update_fields=["value", "confidence", "posterior", "answers", "state", "cause", "gain", "updated_at"],
    )


def _close(items: Sequence[Item]) -> None:
    """Items without an unused slot have no money to give back: one statement closes all of these."""
    closing = [item for item in items if item.state != Item.State.WITHDRAWN]
    Item.objects.filter(pk__in=[item.pk for item in closing if item.slots == item.taken]).update(
        state=Item.State.CLOSED
    )
    for item in closing:
        if item.slots != item.taken:
            slots.close_item(item_id=item.pk)
