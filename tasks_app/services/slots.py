"""Slots are paid for before they are open: opening one moves its reward from escrow to the project's reserve.

So a claim needs no look at the money, and a project can never owe more than it holds.
"""

import math
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, QuerySet, Sum

from common.errors import Conflict
from common.ids import uuid7
from rewards.services import ledger
from tasks_app.models import Item, Project


def _lock(project_id: UUID) -> Project:
    return Project.objects.select_for_update().get(pk=project_id)


def gold_slots_wanted(project: Project, *, ordinary_slots: int, gold_items: int) -> int:
    """Answers wanted for each gold item, so that gold makes up `gold_share` of all answers."""
    if not gold_items or not ordinary_slots or project.gold_share <= 0:
        return 0
    return math.ceil(ordinary_slots * project.gold_share / (1 - project.gold_share) / gold_items)


def affordable(project: Project, *, counted: int | None = None) -> int:
    """How many more slots the project's money opens; `counted` is the answer where items cost nothing."""
    if project.reward_minor == 0:
        return counted if counted is not None else 2**31
    balances = ledger.balances(project_id=project.pk, currency=project.currency)
    free: int = balances.escrow
    if project.budget_minor is not None:
        free = min(free, project.budget_minor - balances.reserved - balances.paid)
    return max(0, free // project.reward_minor)


def room(project: Project) -> int | None:
    """How many more items a pilot lets open; None where there is none."""
    if project.pilot_items is None:
        return None
    asked = Item.objects.filter(project=project, gold__isnull=True, slots__gt=0)
    # What was imported with its labels is open or closed as well, and nobody is asked about it.
    begun = asked.filter(state__in=[Item.State.OPEN, Item.State.CLOSED]).count()
    return max(0, project.pilot_items - begun)


def missing_minor(project: Project) -> int:
    """What has to be added to the escrow until every waiting item can open, in minor units.

    Of a pilot, those items that it is about.
    """
    waiting = Item.objects.filter(project=project, state=Item.State.WAITING, gold__isnull=True).count()
    left = room(project)
    ordinary = (waiting if left is None else min(waiting, left)) * project.overlap_min
    wanted: int = (ordinary + _gold_missing(project, more=ordinary)) * project.reward_minor
    held = ledger.balances(project_id=project.pk, currency=project.currency).escrow
    return max(0, wanted - held)


def _gold_missing(project: Project, *, more: int) -> int:
    """Slots that gold will need besides its own once `more` ordinary ones are open; also gold of a pilot."""
    items = _gold(project).count() if more and project.gold_share > 0 else 0
    if not items:
        return 0
    each = gold_slots_wanted(project, ordinary_slots=_ordinary_slots(project) + more, gold_items=items)
    return _short(_gold(project), each)[1]


def _gold(project: Project) -> QuerySet[Item]:
    return Item.objects.filter(
        project=project, gold__isnull=False, state__in=[Item.State.WAITING, Item.State.OPEN]
    )


def _ordinary_slots(project: Project) -> int:
    rows = Item.objects.filter(project=project, gold__isnull=True)
    total: int = rows.aggregate(n=Sum("slots"))["n"] or 0
    return total


def _short(gold: QuerySet[Item], each: int) -> tuple[QuerySet[Item], int]:
    """The gold items with fewer than `each` slots, and how many they lack together."""
    short = gold.filter(slots__lt=each)
    row = short.aggregate(items=Count("pk"), slots=Sum("slots"))
    return short, each * row["items"] - (row["slots"] or 0)


def _reserve(project: Project, slots: int, why: str) -> None:
    if slots and project.reward_minor:
        ledger.reserve(
            project_id=project.pk,
            currency=project.currency,
            amount_minor=slots * project.reward_minor,
            key=f"reserve:{why}:{uuid7()}",
        )


def release(project: Project, slots: int, why: str) -> None:
    if slots and project.reward_minor:
        ledger.release(
            project_id=project.pk,
            currency=project.currency,
            amount_minor=slots * project.reward_minor,
            key=f"release:{why}:{uuid7()}",
        )


@transaction.atomic
def open_waiting(*, project_id: UUID) -> int:
    """Open as many waiting items as the money covers, in order of import. Returns how many were opened."""
    project = _lock(project_id)
    if project.state != Project.State.PUBLISHED:
        return 0
    opened = _open_ordinary(project)
    _open_gold(project)
    return opened


def _open_ordinary(project: Project) -> int:
    waiting = Item.objects.filter(project=project, state=Item.State.WAITING, gold__isnull=True)
    count, left = waiting.count(), room(project)
    count = count if left is None else min(count, left)
    count = min(count, affordable(project, counted=count * project.overlap_min) // project.overlap_min)
    if not count:
        return 0
    _reserve(project, count * project.overlap_min, "open")
    first = waiting.order_by("position").values("pk")[:count]
    return Item.objects.filter(pk__in=first).update(slots=project.overlap_min, state=Item.State.OPEN)


def _open_gold(project: Project) -> None:
    """Gold is spread over the project: more ordinary slots mean more gold answers wanted."""
    gold = _gold(project)
    items, have = gold.count(), gold.aggregate(n=Sum("slots"))["n"] or 0
    each = gold_slots_wanted(project, ordinary_slots=_ordinary_slots(project), gold_items=items)
    short, more = _short(gold, each)
    if have >= each * items or not 0 < more <= affordable(project, counted=more):
        return
    _reserve(project, more, "gold")
    short.update(slots=each, state=Item.State.OPEN)


@transaction.atomic
def add_slot(*, item_id: UUID) -> bool:
    """Ask one more person. False when the overlap's maximum is reached, or the project is out of money; also
    of an item that nobody was asked about yet, while a pilot asks about others."""
    item = Item.objects.select_for_update(of=("self",)).select_related("project").get(pk=item_id)
    project = item.project
    if item.slots >= project.overlap_max or project.state != Project.State.PUBLISHED:
        return False
    # What waits behind a pilot, or came with its labels, is not a part of it.
    if item.slots == 0 and project.pilot_items is not None:
        return False
    if affordable(project, counted=1) < 1:
        return False
    try:
        with transaction.atomic():
            _reserve(project, 1, "more")
    except Conflict:
        return False
    Item.objects.filter(pk=item_id).update(slots=F("slots") + 1, state=Item.State.OPEN)
    return True


@transaction.atomic
def close_item(*, item_id: UUID, state: str = Item.State.CLOSED) -> None:
    """Nobody is asked any more: unused slots give their money back to the escrow. Twice is harmless."""
    item = Item.objects.select_for_update(of=("self",)).select_related("project").get(pk=item_id)
    unused = item.slots - item.taken
    if unused:
        release(item.project, unused, "close")
    Item.objects.filter(pk=item_id).update(slots=item.taken, state=state)


@transaction.atomic
def close_all(*, project_id: UUID) -> None:
    """Nobody is asked anything more: all unused slots give their money back, in one transfer."""
    # Items before money, as everywhere: settling an item at this moment would wait in a circle otherwise.
    rows = Item.objects.select_for_update().filter(project_id=project_id, slots__gt=F("taken")).order_by("pk")
    unused = sum(slots - taken for slots, taken in rows.values_list("slots", "taken"))
    Item.objects.filter(project_id=project_id, slots__gt=F("taken")).update(slots=F("taken"))
    release(Project.objects.get(pk=project_id), unused, "finish")


@transaction.atomic
def reopen_slots(*, item_id: UUID, count: int) -> None:
    """`count` submitted answers were rejected: their slots, and the money for them, serve other people."""
    item = Item.objects.select_for_update(of=("self",)).get(pk=item_id)
    count = min(count, item.submitted)
    state = item.state if item.state == Item.State.WITHDRAWN else Item.State.OPEN
    Item.objects.filter(pk=item_id).update(
        taken=F("taken") - count, submitted=F("submitted") - count, state=state
    )


@transaction.atomic
def ask_again(*, item_id: UUID, state: str) -> None:
    """Undo a withdrawal: the item is what it was (`state`), and the answers it lacks are asked for again.

    Opens its slots at once where answers are in or the money is there, else with the other waiting ones.
    """
    item = Item.objects.select_for_update(of=("self",)).select_related("project").get(pk=item_id)
    if item.state != Item.State.WITHDRAWN or state == Item.State.WITHDRAWN:
        return
    if state == Item.State.CLOSED:
        Item.objects.filter(pk=item_id).update(state=state)
        return
    project = item.project
    short = 0 if item.gold is not None else max(0, project.overlap_min - item.taken)
    if item.taken == 0 or not short or project.state != Project.State.PUBLISHED:
        waits = item.taken == 0 or item.gold is not None
        Item.objects.filter(pk=item_id).update(state=Item.State.WAITING if waits else Item.State.OPEN)
    else:
        count = min(short, affordable(project, counted=short))
        _reserve(project, count, "again")
        Item.objects.filter(pk=item_id).update(state=Item.State.OPEN, slots=F("slots") + count)
    # After this transaction: it locks the project, and items come before projects here.
    transaction.on_commit(partial(open_waiting, project_id=project.pk))
