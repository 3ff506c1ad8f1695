"""An answer that comes after its lease ended, when the slot is no longer to be had.

It is kept as an extra one: no slot is taken for it, so no count of an item changes, and consensus leaves it
out. It is paid when it is not the person's doing that it came late: docs/decisions/0021.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from common.errors import Conflict, Forbidden
from rewards.services import ledger
from tasks_app.models import Assignment, Item, Project, WorkerProgress
from tasks_app.services.assignment import expire_lease

GRACE = timedelta(minutes=10)


@dataclass(frozen=True)
class Late:
    """The assignment, closed as late; `paid`: its reward is reserved, and is paid once it is approved."""

    assignment: Assignment
    paid: bool


@transaction.atomic
def close_late(*, assignment: Assignment, seconds: float) -> Late:
    """Close an assignment whose lease is over and whose slot is gone, or raise and change nothing.

    Conflict(lease_expired) while its slot can still be taken up again: then that is the way.
    """
    expire_lease(assignment=assignment)
    # The item before the assignment, as reclaiming locks them: of the two at once one waits for the other.
    item = Item.objects.select_for_update().get(pk=assignment.item_id)
    row = Assignment.objects.select_for_update(of=("self",)).select_related("project").get(pk=assignment.pk)
    _refuse_unless_late(row, item)
    paid = row.reward_minor > 0 and owed(row) and (_take_over_slot(row, item) or _reserve(row))
    row.state, row.closed_at, row.seconds = Assignment.State.LATE, timezone.now(), seconds
    row.reward_minor = row.reward_minor if paid else 0
    row.save(update_fields=["state", "closed_at", "seconds", "reward_minor"])
    return Late(row, paid)


def _refuse_unless_late(row: Assignment, item: Item) -> None:
    if row.state == Assignment.State.LEASED:
        raise Conflict(_("You hold this item again: submit it as usual."), code="still_leased")
    if row.state == Assignment.State.RETURNED:
        raise Conflict(_("You gave this item back. Take another one."), code="returned")
    if row.state == Assignment.State.WITHDRAWN:
        raise Conflict(_("This item was taken away; it cannot be answered any more."), code="withdrawn")
    if row.state != Assignment.State.EXPIRED:
        raise Conflict(_("This item was already submitted; your answer is stored."), code="already_submitted")
    banned = WorkerProgress.objects.filter(
        project_id=row.project_id, worker_id=row.worker_id, banned_at__isnull=False
    )
    if banned.exists():
        raise Forbidden(
            _("You cannot take more items of this project. Accepted work stays paid."), code="banned"
        )
    if row.project.is_live and item.state == Item.State.OPEN and item.taken < item.slots:
        raise Conflict(
            _("This item is still to be had: take it back and submit it, then it counts like any other."),
            code="lease_expired",
            reclaim=f"/api/v1/assignments/{row.pk}/reclaim",
        )


def owed(row: Assignment) -> bool:
    """Whether the lateness is not the person's: the owner stopped the work, or it is a matter of minutes."""
    project: Project = row.project
    stopped = [at for at in (project.paused_at, project.finished_at) if at and at >= row.created_at]
    return bool(stopped) or timezone.now() <= row.lease_expires_at + GRACE


def _take_over_slot(row: Assignment, item: Item) -> bool:
    """Where nobody is asked any more, a slot that is free again still holds its money: the slot goes."""
    free = Item.objects.filter(pk=item.pk, slots__gt=F("taken"))
    return not row.project.is_live and bool(free.update(slots=F("slots") - 1))


def _reserve(row: Assignment) -> bool:
    """The slot's own money went with the slot. False when the project has none left."""
    try:
        with transaction.atomic():
            ledger.reserve(
                project_id=row.project_id,
                currency=row.project.currency,
                amount_minor=row.reward_minor,
                key=f"reserve:late:{row.pk}",
            )
    except Conflict:
        return False
    return True
