"""A reviewer decides, under the item's lock: of two reviewers at the same moment the first one counts.

Where the project wants several to agree, an approval or a correction waits for the others' words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import User
from accounts.services.notifications import notify
from annotations import agreeing, late, second_look, tasks
from annotations.correcting import canonical_value, note_mistakes, put_value
from annotations.evidence import category_named
from annotations.models import COUNTED, Answer, Consensus, Review
from annotations.partial_pay import pay_in_good_faith
from annotations.settling import conclude, lock_items
from common import audit
from common.errors import Conflict, Forbidden, Invalid, Problem
from common.queueing import enqueue_on_commit
from common.templatetags.show import label_title
from tasks_app import categories
from tasks_app.categories import Category
from tasks_app.models import Item, Project
from tasks_app.services import slots

State, Action = Consensus.State, Review.Action


@dataclass(frozen=True, kw_only=True)
class Why:
    """Why a decision went against answers: a category of the project's list, words, a quoted instruction."""

    category: str = ""
    text: str = ""
    passage: str = ""


@transaction.atomic
def approve_consensus(*, consensus: Consensus, actor: User) -> Consensus:
    """The answers were right. When the item's last field is decided, its answers are paid and it closes."""
    item, row = _lock(consensus, actor)
    if not agreeing.is_agreed(row, item, row.value, actor):
        _record(row, actor, Action.APPROVE, before=row.value, after=row.value, waits=True)
        return row
    agreeing.settle_words(row)
    row.state = State.APPROVED
    row.save(update_fields=["state", "updated_at"])
    _record(row, actor, Action.APPROVE, before=row.value, after=row.value)
    conclude(item)
    return row


@transaction.atomic
def correct_consensus(
    *, consensus: Consensus, value: Any, actor: User, reason: str = "", category: str = ""
) -> Consensus:
    """Put the reviewer's value in place. The annotators are paid: they answered in good faith."""
    item, row = _lock(consensus, actor)
    why = Why(category=_category(row.project, category).name if category else "", text=reason)
    before, wanted = row.value, canonical_value(row, value, item)
    if not agreeing.is_agreed(row, item, wanted, actor):
        _record(row, actor, Action.CORRECT, before=before, after=wanted, why=why, waits=True)
        return row
    agreeing.settle_words(row)
    put_value(row, wanted, item)
    _record(row, actor, Action.CORRECT, before=before, after=row.value, why=why)
    if why.category:
        note_mistakes(row, item, why.category)
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
    *,
    consensus: Consensus,
    actor: User,
    reason: str = "",
    category: str = categories.OTHER.name,
    passage: str = "",
    answer_ids: Sequence[UUID] | None = None,
) -> Rejection:
    """Send answers back, with the reason and as the project's rules say unpaid or paid in part; their slots
    open for other people.

    `answer_ids`: which of the item's undecided answers; all of them if not given.
    """
    item, row = _lock(consensus, actor)
    kind = _category(row.project, category)
    why = _why_rejected(row.project, kind, reason, passage)
    rejected = _undecided(item, answer_ids)
    agreeing.settle_waiting(item)
    ids = [str(answer.pk) for answer in rejected]
    decision = _record(row, actor, Action.REJECT, before=row.value, after={"answers": ids}, why=why)
    for answer in rejected:
        answer.state, answer.decided_at, answer.decision = Answer.State.REJECTED, timezone.now(), decision
        answer.reason, answer.category = why.text, why.category
    Answer.objects.bulk_update(rejected, ["state", "reason", "category", "decision", "decided_at"])
    reopened = _reopen(item, rejected, in_good_faith=kind.good_faith)
    for answer in rejected:
        _tell(answer, row.project, why)
    enqueue_on_commit(tasks.aggregate_item, item.pk)
    row.refresh_from_db()
    return Rejection(row, rejected, reopened)


def _category(project: Project, name: str) -> Category:
    known = categories.parse(project.error_categories)
    for one in known:
        if one.name == name:
            return one
    detail = _("There is no such category. There are: %(names)s.") % {
        "names": ", ".join(one.name for one in known)
    }
    raise Invalid(detail, problems=[Problem("/code", "unknown", detail)])


def _why_rejected(project: Project, kind: Category, reason: str, passage: str) -> Why:
    text, quoted = reason.strip(), passage.strip()
    problems = []
    if kind == categories.OTHER and not text:
        detail = _("Pick a reason from the list, or say in words why: the annotators read it.")
        problems.append(Problem("/reason", "required", detail))
    if quoted and quoted not in project.instructions:
        detail = _("Quote the instructions word for word.")
        problems.append(Problem("/passage", "not_in_instructions", detail))
    if problems:
        raise Invalid(problems[0].detail, problems=problems)
    return Why(category=kind.name, text=text, passage=quoted)


def _lock(consensus: Consensus, actor: User) -> tuple[Item, Consensus]:
    item = lock_items([consensus.item_id])[0]
    row = Consensus.objects.select_related("project").get(pk=consensus.pk)
    refuse_own_answer(item.pk, actor)
    if row.state != State.REVIEW:
        raise Conflict(
            _("This has been decided already, perhaps by another reviewer. Go on with the next one."),
            code="already_decided",
            state=row.state,
        )
    return item, row


def refuse_own_answer(item_id: UUID, actor: User) -> None:
    if Answer.objects.filter(item_id=item_id, worker=actor).exists():
        raise Forbidden(
            _("You answered this item yourself; another reviewer has to decide on it."), code="own_answer"
        )


def _record(
    row: Consensus,
    actor: User,
    action: str,
    *,
    before: Any,
    after: Any,
    why: Why | None = None,
    waits: bool = False,
) -> Review:
    why = why or Why()
    decision = Review.objects.create(
        consensus=row,
        reviewer=actor,
        action=action,
        before=before,
        after=after,
        category=why.category,
        reason=why.text,
        passage=why.passage,
        waits=waits,
    )
    audit.record(
        f"consensus.{action}", row, actor=actor.pk, field=row.field, item=str(row.item_id), waits=waits
    )
    if not waits:
        second_look.draw(row.project, decision)
    return decision


def _undecided(item: Item, answer_ids: Sequence[UUID] | None) -> list[Answer]:
    pending = {
        answer.pk: answer
        for answer in Answer.objects.select_for_update(of=("self",))
        .select_related("assignment", "worker")
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


def _reopen(item: Item, rejected: Sequence[Answer], *, in_good_faith: bool) -> int:
    """Only slots that somebody leased here come back; imported answers and late, extra ones took none."""
    late.release(rejected)
    count = sum(answer.assignment_id is not None and not answer.extra for answer in rejected)
    if count:
        slots.reopen_slots(item_id=item.pk, count=count)
        if in_good_faith:
            count -= pay_in_good_faith(Project.objects.get(pk=item.project_id), item, rejected)
        if Project.objects.get(pk=item.project_id).state == Project.State.FINISHED:
            slots.close_item(item_id=item.pk, state=Item.State.OPEN)
            count = 0
    remaining = Answer.objects.filter(COUNTED, item=item).exists()
    state = State.OPEN if count or remaining else State.REJECTED
    Consensus.objects.filter(item=item).exclude(state=State.CORRECTED).update(
        state=state, cause=Consensus.Cause.NONE
    )
    Item.objects.filter(pk=item.pk).update(needs_aggregation=remaining)
    return count


def _tell(answer: Answer, project: Project, why: Why) -> None:
    if not answer.assignment_id:
        return
    notify(
        user_id=answer.worker_id,
        kind="answer_rejected",
        url=f"/work/{answer.pk}/",
        project=project.title,
        answer=str(answer.pk),
        category=why.category,
        reason=why.text or _title(project, why.category, answer.worker.language),
    )


def _title(project: Project, name: str, language: str) -> str:
    """As the annotator reads it, not as the reviewer does."""
    with override(language):
        named = category_named(project, name)
        return label_title(named) if named else name
