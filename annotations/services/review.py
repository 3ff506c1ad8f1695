"""A reviewer decides, under the item's lock: of two reviewers at the same moment the first one counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.notifications import notify
from annotations import tasks
from annotations.models import Answer, Consensus, Review
from annotations.references import certain, restate
from annotations.settling import conclude, consensus_of, lock_items
from common import audit
from common.errors import Conflict, Invalid, Problem
from common.queueing import enqueue_on_commit
from tasks_app import selectors
from tasks_app.fields.base import Field, Others
from tasks_app.fields.problem import InvalidAnswer
from tasks_app.models import Item, Project
from tasks_app.services import slots

State, Action = Consensus.State, Review.Action


@transaction.atomic
def approve_consensus(*, consensus: Consensus, actor: User) -> Consensus:
    """The answers were right. When the item's last field is decided, its answers are paid and it closes."""
    item, row = _lock(consensus)
    row.state = State.APPROVED
    row.save(update_fields=["state", "updated_at"])
    _record(row, actor, Action.APPROVE, before=row.value, after=row.value)
    conclude(item)
    return row


@transaction.atomic
def correct_consensus(*, consensus: Consensus, value: Any, reason: str, actor: User) -> Consensus:
    """Put the reviewer's value in place. The annotators are paid: they answered in good faith."""
    item, row = _lock(consensus)
    fields = _fields_of(row)
    field = _field_of(row, fields)
    rows = consensus_of([item.pk])[item.pk]
    values = {name: other.value for name, other in rows.items()}
    try:
        canonical = field.check_among(value, _others(field, values), item.payload, "/value")
    except InvalidAnswer as invalid:
        problems = [Problem(p.pointer, p.code, p.detail) for p in invalid.problems]
        raise Invalid(_("The corrected value does not fit this field."), problems=problems) from None
    before, row.value = row.value, canonical
    row.state, row.confidence = State.CORRECTED, 1.0
    row.posterior = certain(field, canonical, values, item.payload)
    row.save(update_fields=["value", "state", "confidence", "posterior", "updated_at"])
    for dependent in restate(fields, rows | {row.field: row}, dict.fromkeys(rows, values)):
        dependent.save(update_fields=["value", "updated_at"])
    _record(row, actor, Action.CORRECT, before=before, after=canonical, reason=reason)
    conclude(item)
    return row


@dataclass(frozen=True)
class Rejection:
    """What was rejected, and how many slots are open for other people again."""

    consensus: Consensus
    answers: list[Answer]
    reopened: int


@transaction.atomic
def reject_answers(
    *, consensus: Consensus, reason: str, actor: User, answer_ids: Sequence[UUID] | None = None
) -> Rejection:
    """Send answers back unpaid, with the reason; their slots open for other people.

    `answer_ids`: which of the item's undecided answers; all of them if not given.
    """
    item, row = _lock(consensus)
    rejected = _undecided(item, answer_ids)
    for answer in rejected:
        answer.state, answer.reason, answer.decided_at = Answer.State.REJECTED, reason, timezone.now()
    Answer.objects.bulk_update(rejected, ["state", "reason", "decided_at"])
    ids = [str(answer.pk) for answer in rejected]
    _record(row, actor, Action.REJECT, before=row.value, after={"answers": ids}, reason=reason)
    reopened = _reopen(item, rejected)
    for answer in rejected:
        _tell(answer, reason)
    enqueue_on_commit(tasks.aggregate_item, item.pk)
    row.refresh_from_db()
    return Rejection(row, rejected, reopened)


def _lock(consensus: Consensus) -> tuple[Item, Consensus]:
    item = lock_items([consensus.item_id])[0]
    row = Consensus.objects.select_related("project").get(pk=consensus.pk)
    if row.state != State.REVIEW:
        raise Conflict(
            _("This has been decided already, perhaps by another reviewer. Go on with the next one."),
            code="already_decided",
            state=row.state,
        )
    return item, row


def _record(row: Consensus, actor: User, action: str, *, before: Any, after: Any, reason: str = "") -> None:
    Review.objects.create(
        consensus=row, reviewer=actor, action=action, before=before, after=after, reason=reason
    )
    audit.record(f"consensus.{action}", row, actor=actor.pk, field=row.field, item=str(row.item_id))


def _fields_of(row: Consensus) -> Sequence[Field]:
    """The fields as they were asked in the latest answer; without answers as they are asked now."""
    latest = Answer.objects.filter(item_id=row.item_id).order_by("created_at").last()
    version = latest.schema_version_id if latest else selectors.current_schema(row.project).pk
    return selectors.schema_fields(version)


def _others(field: Field, values: Mapping[str, Any]) -> Others:
    """The consensus on the fields that `field` refers to, as the reviewer sees it."""
    there = {name: values[name] or [] for name in field.refers if name in values}
    return Others(there, {name: range(len(value)) for name, value in there.items()})


def _field_of(row: Consensus, fields: Sequence[Field]) -> Field:
    for field in fields:
        if field.name == row.field:
            return field
    raise Conflict(_("The project no longer has this field."), code="no_field")


def _undecided(item: Item, answer_ids: Sequence[UUID] | None) -> list[Answer]:
    pending = {
        answer.pk: answer
        for answer in Answer.objects.select_for_update()
        .filter(item=item, state=Answer.State.PENDING)
        .order_by("pk")
    }
    if answer_ids is None:
        if not pending:
            raise Conflict(_("Every answer to this item has been decided already."), code="nothing_to_reject")
        return list(pending.values())
    if problems := [
        Problem(f"/answers/{n}", "not_pending", _("No undecided answer to this item."))
        for n, pk in enumerate(answer_ids)
        if pk not in pending
    ]:
        raise Invalid(_("Some of these answers cannot be rejected."), problems=problems)
    return [pending[pk] for pk in dict.fromkeys(answer_ids)]


def _reopen(item: Item, rejected: Sequence[Answer]) -> int:
    """Only slots that somebody leased here come back; answers imported from elsewhere took none."""
    count = sum(answer.assignment_id is not None for answer in rejected)
    if count:
        slots.reopen_slots(item_id=item.pk, count=count)
        if Project.objects.get(pk=item.project_id).state == Project.State.FINISHED:
            slots.close_item(item_id=item.pk, state=Item.State.OPEN)
            count = 0
    remaining = Answer.objects.filter(item=item).exclude(state=Answer.State.REJECTED).exists()
    state = State.OPEN if count or remaining else State.REJECTED
    Consensus.objects.filter(item=item).exclude(state=State.CORRECTED).update(
        state=state, cause=Consensus.Cause.NONE
    )
    Item.objects.filter(pk=item.pk).update(needs_aggregation=remaining)
    return count


def _tell(answer: Answer, reason: str) -> None:
    if not answer.assignment_id:
        return
    project = Project.objects.only("title").get(pk=answer.project_id)
    notify(
        user_id=answer.worker_id,
        kind="answer_rejected",
        url="/work/",
        project=project.title,
        answer=str(answer.pk),
        reason=reason,
    )
