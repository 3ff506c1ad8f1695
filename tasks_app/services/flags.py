from collections.abc import Sequence

from django.db import transaction

from accounts.models import User
from accounts.services.notifications import notify
from common import audit
from privacy.models import MissedValue
from tasks_app.models import Assignment, Flag, Item
from tasks_app.protecting.missed import Place, report_missed
from tasks_app.protecting.redacting import lock_item
from tasks_app.services.assignment import return_assignment
from tasks_app.services.withdrawal import withdraw_item


@transaction.atomic
def flag_item(
    *,
    assignment: Assignment,
    kind: str,
    comment: str,
    actor: User,
    spans: Sequence[Place] = (),
    data_kind: str = "",
) -> Flag:
    """Report an item and give it back. Personal data left in a text pulls the item at once, for everybody.

    `spans` and `data_kind` say where it stands and what it is; a reviewer decides. Twice is one flag.
    """
    if kind == Flag.Kind.PERSONAL_DATA:
        lock_item(assignment.item_id)
    if assignment.state == Assignment.State.LEASED:
        return_assignment(assignment=assignment, reason=f"flag: {kind}")
    flag, made = Flag.objects.get_or_create(
        item_id=assignment.item_id,
        worker=actor,
        kind=kind,
        resolved_at=None,
        defaults={"comment": comment[:500]},
    )
    if kind == Flag.Kind.PERSONAL_DATA:
        _pull(assignment, spans, data_kind, actor)
    if not made:
        return flag
    notify(
        user_id=assignment.project.owner_id,
        kind="item_flagged",
        url=f"/items/{assignment.item_id}/",
        flag=kind,
        project=assignment.project.title,
    )
    audit.record("item.flagged", flag, actor=actor.pk, kind=kind, item=str(assignment.item_id))
    return flag


def _pull(assignment: Assignment, spans: Sequence[Place], data_kind: str, actor: User) -> None:
    item = Item.objects.select_for_update(of=("self",)).get(pk=assignment.item_id)
    before = item.state
    withdraw_item(item_id=item.pk, reason="flag: personal_data", actor=actor, unpaid=actor)
    report_missed(
        item=item,
        item_state=before,
        places=spans,
        kind=data_kind,
        actor=actor,
        source=MissedValue.Source.FLAG,
    )
