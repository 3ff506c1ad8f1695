"""Open reports of missed data while the text that they point into changes under them."""

from django.utils import timezone

from accounts.models import User
from accounts.services.notifications import notify
from privacy.models import MissedValue
from privacy.pii.redactor import Redacted
from tasks_app.models import Item, Project


def tell_decision(row: MissedValue) -> None:
    """Whoever flagged it hears what came of it."""
    if row.flagged_by_id and row.source == MissedValue.Source.FLAG:
        notify(
            user_id=row.flagged_by_id,
            kind=f"flag_{row.state}",
            url="/work/",
            project=Project.objects.get(pk=row.project).title,
            reason=row.reason,
        )


def move_reports(item: Item, result: Redacted, actor: User | None) -> None:
    """Carry the places of open reports over; what was replaced with something else has been right."""
    for row in MissedValue.objects.filter(item=item.pk, state=MissedValue.State.OPEN, turn__isnull=False):
        turn, start, end = row.turn or 0, row.start or 0, row.end or 0
        swallowed = any(
            at == turn and finding.start <= start and end <= finding.end
            for at, finding, _new in result.findings
        )
        if swallowed:
            row.state, row.decided_at, row.decided_by = MissedValue.State.CONFIRMED, timezone.now(), actor
            row.save(update_fields=["state", "decided_at", "decided_by"])
            tell_decision(row)
        else:
            row.start, row.end = result.maps[turn].span(start, end)
            row.save(update_fields=["start", "end"])
