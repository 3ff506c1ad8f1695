"""Money goes back to whoever funded a project: what it needs no more, never what may still be owed."""

from collections.abc import Callable
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from common import audit
from common.currencies import show_money
from common.errors import Conflict
from common.ids import uuid7
from common.keys import short
from common.rounds import each
from rewards.models import LedgerAccount
from rewards.selectors import ProjectBalance
from rewards.services import ledger
from tasks_app.models import Project
from tasks_app.services import slots

HoldbackSource = Callable[[UUID], int]
_sources: list[HoldbackSource] = []


def register_holdback(source: HoldbackSource) -> None:
    """A higher app tells how much a project may still owe beyond its reserve, in minor units."""
    if source not in _sources:
        _sources.append(source)


def refundable(project: Project, held: ProjectBalance | None = None) -> int:
    """What can leave the escrow now, in minor units; `held`: its balances, where they are known already."""
    held = held or ledger.balances(project_id=project.pk, currency=project.currency)
    return max(0, held.escrow - sum(source(project.pk) for source in _sources))


@transaction.atomic
def withdraw_money(*, project: Project, amount_minor: int, key: str, actor: UUID) -> None:
    """Take money out of the escrow, once for `key`; not what rejected answers may still win by appeal."""
    # The project's lock comes before money everywhere: opening slots at this moment waits, or has the money.
    project = Project.objects.select_for_update().get(pk=project.pk)
    most = refundable(project)
    name = short(key)
    known = ledger.is_booked(f"withdraw:{project.pk}:{name}")
    if amount_minor > most and not known:
        detail = _("At most %(most)s can be taken out now.") % {"most": show_money(most, project.currency)}
        raise Conflict(detail, code="insufficient_funds", missing_minor=amount_minor - most)
    ledger.withdraw(
        project_id=project.pk, currency=project.currency, amount_minor=amount_minor, key=name, actor=actor
    )
    if not known:
        audit.record("project.refunded", project, actor=actor, amount_minor=amount_minor)


@transaction.atomic
def refund_unused(*, project_id: UUID, actor: UUID | None = None) -> int:
    """Of a finished project, return what nobody can be owed any more. Returns how much; repeat it at will."""
    project = Project.objects.select_for_update().get(pk=project_id)
    if project.state != Project.State.FINISHED:
        return 0
    # A lease that ran out since, or an answer rejected since, left a slot that nobody will be given.
    slots.close_all(project_id=project.pk)
    amount = refundable(project)
    if amount:
        ledger.withdraw(
            project_id=project.pk,
            currency=project.currency,
            amount_minor=amount,
            key=f"unused:{uuid7()}",
            actor=actor,
        )
        audit.record("project.refunded", project, actor=actor, amount_minor=amount)
    return amount


def refund_finished() -> int:
    """The sweep over finished projects that still hold money. Returns how many gave some back."""
    kinds = [LedgerAccount.Kind.ESCROW, LedgerAccount.Kind.RESERVED]
    holding = LedgerAccount.objects.filter(kind__in=kinds, balance__gt=0).values("owner")
    due = Project.objects.filter(state=Project.State.FINISHED, pk__in=holding).values_list("pk", flat=True)
    return sum(
        amount > 0 for amount in each(lambda project_id: refund_unused(project_id=project_id), list(due))
    )
