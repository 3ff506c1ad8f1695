"""From an answer that came in to a consensus: one item right away, the rest by sweeps that miss nothing."""

from collections.abc import Sequence
from uuid import UUID

from annotations import fitting, gold
from annotations.judging import judge
from annotations.models import FieldFit
from annotations.settling import settle
from common.rounds import each
from common.turns import turn
from tasks_app.models import ImportJob, Item, Project

_BATCH = 50
# With this many items at hand a fit of everybody's skill pays before any of them is decided.
_FIT_FIRST = 50
_ONE_SWEEP = 2_000


def aggregate_item(item_id: UUID) -> None:
    """Decide one item if its answers are in. Twice, or by two workers at once, comes to the same."""
    item = Item.objects.select_related("project").filter(pk=item_id).first()
    if item is not None:
        aggregate_items(item.project, [item])


def aggregate_items(project: Project, items: Sequence[Item]) -> None:
    for item in items:
        if item.gold is not None:
            gold.score_item(item.pk)
    ordinary = [item for item in items if item.gold is None]
    if verdicts := judge(ordinary):
        settle(project, verdicts)
    answered = {verdict.item_id for verdict in verdicts}
    silent = [item.pk for item in ordinary if item.pk not in answered]
    Item.objects.filter(pk__in=silent, submitted=0).update(needs_aggregation=False)


def aggregate_waiting() -> None:
    """Whatever a lost message left behind, and what was imported with answers, project by project."""
    waiting = Item.objects.filter(needs_aggregation=True).values_list("project_id", flat=True).distinct()
    each(aggregate_project, list(waiting.order_by("project_id")))


def aggregate_project(project_id: UUID) -> None:
    """Decide what is marked as waiting in one project. Not while labels are imported: they come first."""
    if ImportJob.objects.filter(project_id=project_id, state=ImportJob.State.RUNNING).exists():
        return
    waiting = Item.objects.filter(project_id=project_id, needs_aggregation=True)[:_FIT_FIRST].count()
    if waiting >= _FIT_FIRST and not FieldFit.objects.filter(project_id=project_id).exists():
        fitting.refit(project_id, wait=False)
    sweep(project_id, wait=False)


def sweep(project_id: UUID, *, wait: bool) -> None:
    """Decide the items of a project that are marked as waiting, and those that come meanwhile.

    One sweep at a time: two would weigh the same answers, and one of them in vain. With `wait` the second
    waits its turn, else it leaves.
    """
    with turn(f"sweep {project_id}", wait=wait) as mine:
        if not mine:
            return
        project = Project.objects.get(pk=project_id)
        seen: set[UUID] = set()
        while ids := _waiting(project, seen):
            seen.update(ids)
            for start in range(0, len(ids), _BATCH):
                aggregate_items(project, list(Item.objects.filter(pk__in=ids[start : start + _BATCH])))


def _waiting(project: Project, seen: set[UUID]) -> list[UUID]:
    """Those not `seen`: an item that got another answer while it was weighed stays marked for the next."""
    if len(seen) >= _ONE_SWEEP:
        return []
    waiting = Item.objects.filter(project=project, needs_aggregation=True).order_by("pk")
    return [pk for pk in waiting.values_list("pk", flat=True)[:_ONE_SWEEP] if pk not in seen]
