from django.db import transaction

from accounts.models import User
from accounts.services.notifications import notify
from common import audit
from tasks_app.models import Assignment, Flag
from tasks_app.services.assignment import return_assignment
from tasks_app.services.withdrawal import withdraw_item


@transaction.atomic
def flag_item(*, assignment: Assignment, kind: str, comment: str, actor: User) -> Flag:
    """Report an item and give it back. Personal data left in a text pulls the item at once, for everybody."""
    flag = Flag.objects.create(item_id=assignment.item_id, worker=actor, kind=kind, comment=comment[:500])
    if assignment.state == Assignment.State.LEASED:
        return_assignment(assignment=assignment, reason=f"flag: {kind}")
    if kind == Flag.Kind.PERSONAL_DATA:
        withdraw_item(item_id=assignment.item_id, reason=f"flag: {kind}", actor=actor, unpaid=actor)
    notify(
        user_id=assignment.project.owner_id,
        kind="item_flagged",
        url=f"/items/{assignment.item_id}/",
        flag=kind,
        project=assignment.project.title,
    )
    audit.record("item.flagged", flag, actor=actor.pk, kind=kind, item=str(assignment.item_id))
    return flag
