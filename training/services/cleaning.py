"""What a cleaning report found, put before somebody who decides item by item. Nothing is deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common import audit
from common.errors import Conflict, Invalid, Problem
from privacy.models import MissedValue
from tasks_app.models import Item, Project
from tasks_app.services import slots
from tasks_app.services.withdrawal import withdraw_item
from training.models import AnalysisFinding, CleaningTask

MOST_AT_ONCE = 500
State = CleaningTask.State


@dataclass(frozen=True, slots=True)
class Sent:
    """sent: items that wait for a decision now. skipped: what waits already or was decided before."""

    sent: int
    skipped: int


@transaction.atomic
def send_to_review(*, project: Project, findings: Sequence[AnalysisFinding], actor: User) -> Sent:
    """A task for each item of these findings, one for each kind. Twice is harmless: what somebody has decided
    stays decided. Raises Invalid for none or too many."""
    if not 1 <= len(findings) <= MOST_AT_ONCE:
        detail = _("Choose 1 to %d findings.") % MOST_AT_ONCE
        raise Invalid(detail, problems=[Problem("/findings", "length", detail)])
    wanted = {(one.item_id, one.kind): one for one in findings}
    there = set(
        CleaningTask.objects.filter(item__in=[item for item, _kind in wanted]).values_list("item_id", "kind")
    )
    rows = [
        CleaningTask(project=project, item_id=item, kind=kind, turn=one.turn, evidence=one.evidence,
                     created_by=actor)
        for (item, kind), one in wanted.items()
        if (item, kind) not in there
    ]  # fmt: skip
    # Two who send the same at once: the second's rows are there already.
    CleaningTask.objects.bulk_create(rows, ignore_conflicts=True)
    kinds = sorted({row.kind for row in rows})
    audit.record("cleaning.sent", project, actor=actor.pk, items=len(rows), kinds=kinds)
    return Sent(sent=len(rows), skipped=len(wanted) - len(rows))


@transaction.atomic
def decide_cleaning(
    *, project: Project, task_ids: Sequence[UUID], decision: str, actor: User
) -> list[CleaningTask]:
    """Keep the items, withdraw them, or take them out of training; "open" takes a decision back.

    All of it can be taken back: a withdrawn item becomes what it was. Said again it changes nothing. Raises
    Conflict where an item was withdrawn for another reason as well, such as personal data left in its text.
    """
    if decision not in State.values:
        detail = _("Choose to keep, withdraw, leave out or reopen.")
        raise Invalid(detail, problems=[Problem("/decision", "choice", detail)])
    if len(task_ids) > MOST_AT_ONCE:
        detail = _("Choose 1 to %d findings.") % MOST_AT_ONCE
        raise Invalid(detail, problems=[Problem("/tasks", "length", detail)])
    _lock_items(project, task_ids)
    rows = CleaningTask.objects.select_for_update().filter(project=project, pk__in=task_ids).order_by("pk")
    found = list(rows)
    for task in found:
        _decide(task, decision, actor)
    return found


def _lock_items(project: Project, task_ids: Sequence[UUID]) -> None:
    """Items before anything else, in one order, as everywhere."""
    there = CleaningTask.objects.filter(project=project, pk__in=task_ids).values("item")
    list(Item.objects.select_for_update(of=("self",)).filter(pk__in=there).order_by("pk").values_list("pk"))


def _decide(task: CleaningTask, decision: str, actor: User) -> None:
    if task.state == decision:
        return
    before = task.state
    if before == State.WITHDRAWN:
        _reinstate(task)
    task.state = decision
    task.decided_by, task.decided_at = (None, None) if decision == State.OPEN else (actor, timezone.now())
    if decision == State.WITHDRAWN:
        task.item_state = Item.objects.values_list("state", flat=True).get(pk=task.item_id)
        withdraw_item(item_id=task.item_id, reason=f"cleaning: {task.kind}", actor=actor)
    task.save(update_fields=["state", "decided_by", "decided_at", "item_state"])
    audit.record(
        "cleaning.decided", task, actor=actor.pk, item=str(task.item_id), kind=task.kind, before=before,
        after=decision,
    )  # fmt: skip


def _reinstate(task: CleaningTask) -> None:
    others = CleaningTask.objects.filter(item=task.item_id, state=State.WITHDRAWN).exclude(pk=task.pk)
    if other := others.select_for_update().order_by("pk").first():
        if other.item_state == Item.State.WITHDRAWN:
            # Found twice and withdrawn twice: the one that is left knows now what the item was.
            other.item_state = task.item_state
            other.save(update_fields=["item_state"])
        return
    if MissedValue.objects.filter(item=task.item_id, state=MissedValue.State.OPEN).exists():
        raise Conflict(
            _("Personal data was reported in this item. That has to be decided first."), code="reported"
        )
    slots.ask_again(item_id=task.item_id, state=task.item_state)
