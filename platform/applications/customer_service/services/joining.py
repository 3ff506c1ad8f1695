"""Pairs out of approved answers, and what becomes of them when an answer is not approved any more."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from annotations.models import Consensus
from applications.customer_service.drafting import APPROVED, Draft, Drafted, drafts_of, fields_of
from applications.customer_service.models import UNKNOWN, Ground, Knowledge, LeftOut, Pair, Unknown
from applications.customer_service.services.pairs import new_pair
from tasks_app.fields.base import Field
from tasks_app.models import Item, Project
from training.freezing import decided

_BATCH = 500
_OVERLAP = timedelta(minutes=5)  # a decision may be committed a while after it was made
_LOOK_AGAIN = timedelta(minutes=10)
Fields = Mapping[str, Field]
Place = tuple[UUID, str]  # item and field
Thing = TypeVar("Thing")


def join_approved(project: Project) -> int:
    """Take in what was approved, corrected or taken back since the last time, and let go of what is not
    approved any more; how many pairs are new. Run again, nothing is twice."""
    knowledge, _new = Knowledge.objects.get_or_create(project=project)
    began, fields, made = timezone.now(), fields_of(project), 0
    for items in _parts(_changed(project, fields, knowledge.seen_until), _BATCH):
        made += _join(project, fields, items)
    changes: dict[str, Any] = {"seen_until": began}
    if knowledge.looked_at is None or began - knowledge.looked_at > _LOOK_AGAIN:
        look_again(project)
        changes["looked_at"] = began
    Knowledge.objects.filter(pk=project.pk).update(**changes)
    return made


def _changed(project: Project, fields: Fields, since: Any) -> Iterator[UUID]:
    rows = Consensus.objects.filter(project=project, field__in=list(fields))
    if since is not None:
        rows = rows.filter(updated_at__gte=since - _OVERLAP)
    items = rows.order_by("item_id").values_list("item_id", flat=True).distinct()
    return iter(items.iterator(chunk_size=_BATCH))


@transaction.atomic
def _join(project: Project, fields: Fields, items: Sequence[UUID]) -> int:
    """Make the pairs of these items what their approved answers say."""
    drafted = _drafted(project, fields, items)
    rows = {
        (one.item.pk, one.field): {
            row.digest: row
            for row in (new_pair(project, draft, one.source, item=one.item) for draft in _fitting(one))
        }
        for one in drafted
    }
    wanted = {digest: row for found in rows.values() for digest, row in found.items()}
    there = dict(Pair.objects.filter(project=project, digest__in=list(wanted)).values_list("digest", "pk"))
    Pair.objects.bulk_create(
        [row for digest, row in wanted.items() if digest not in there], ignore_conflicts=True
    )
    pks = dict(Pair.objects.filter(project=project, digest__in=list(wanted)).values_list("digest", "pk"))
    grounds = {place: {pks[digest] for digest in found if digest in pks} for place, found in rows.items()}
    follow(project.pk, _put_grounds(items, grounds))
    _count_left_out(project, items, drafted)
    _settle_unknown(project, drafted, {place: sorted(found) for place, found in grounds.items()})
    return len(pks) - len(there)


def _drafted(project: Project, fields: Fields, items: Sequence[UUID]) -> list[Drafted]:
    values: dict[UUID, dict[str, Any]] = {}
    held: dict[UUID, Item] = {}
    for row in decided(project, list(fields)).filter(item__in=items).select_related("item"):
        values.setdefault(row.item_id, {})[row.field] = row.value
        held[row.item_id] = row.item
    return [one for pk, item in held.items() for one in drafts_of(fields, item, values[pk])]


def _fitting(one: Drafted) -> list[Draft]:
    return [draft for draft in one.drafts if draft.fits]


def _put_grounds(items: Sequence[UUID], wanted: Mapping[Place, Collection[UUID]]) -> set[UUID]:
    """What of it is new or gone; returns the pairs concerned. An answer that says something else now is none
    of theirs any more; one that is merely not approved may be so again."""
    touched: set[UUID] = set()
    for ground in Ground.objects.select_for_update().filter(item__in=items).order_by("pk"):
        said = wanted.get((ground.item_id, ground.field))
        holds = said is not None and ground.pair_id in said
        if holds != ground.holds or not holds and said is not None:
            touched.add(ground.pair_id)
        if said is not None and not holds:
            ground.delete()
        elif holds != ground.holds:
            Ground.objects.filter(pk=ground.pk).update(holds=holds)
    rows = [
        Ground(pair_id=pair, item_id=item, field=field)
        for (item, field), pairs in wanted.items() for pair in pairs
    ]  # fmt: skip
    Ground.objects.bulk_create(rows, ignore_conflicts=True)
    return touched | {row.pair_id for row in rows}


def follow(project_id: UUID, pairs: Iterable[UUID]) -> int:
    """Let each pair stand as far as an approved answer holds it; how many fell."""
    fallen = 0
    holding = Ground.objects.filter(pair=OuterRef("pk"), holds=True).order_by("pk")
    for part in _parts(sorted(set(pairs)), _BATCH):
        rows = Pair.objects.filter(pk__in=part, source__in=APPROVED)
        falls = list(rows.filter(~Exists(holding), stands=True).values_list("pk", flat=True))
        Pair.objects.filter(pk__in=falls).update(stands=False)
        risen = rows.filter(Exists(holding))
        risen.exclude(Exists(holding.filter(item=OuterRef("item")))).update(
            item=Subquery(holding.values("item")[:1])
        )
        rose = risen.filter(stands=False).update(stands=True)
        reopen(Unknown.objects.filter(pair__in=falls))
        fallen += len(falls)
        if falls or rose:
            Knowledge.objects.filter(pk=project_id).update(is_stale=True)
    return fallen


def reopen(rows: QuerySet[Unknown]) -> None:
    """Their answer is gone; those that are tasks are asked there still."""
    State = Unknown.State
    rows.filter(state=State.ANSWERED, pair__source=Pair.Source.UNKNOWN).update(state=State.NEW, pair=None)
    rows.filter(state=State.ANSWERED).update(state=State.TASK, pair=None)


def look_again(project: Project) -> int:
    """Ask of every pair whether its answer is still approved: an item may have been withdrawn, left out of
    training or restricted, a consent taken back, and all that leaves the answer itself as it was."""
    approved = decided(project, list(fields_of(project))).filter(
        item=OuterRef("item"), field=OuterRef("field")
    )
    rows = Ground.objects.filter(pair__project=project)
    gone = rows.filter(~Exists(approved), holds=True)
    back = rows.filter(Exists(approved), holds=False)
    touched: set[UUID] = set()
    for found, holds in ((gone, False), (back, True)):
        places = dict(found.values_list("pk", "pair_id"))
        for part in _parts(places, 10 * _BATCH):
            Ground.objects.filter(pk__in=part).update(holds=holds)
        touched |= set(places.values())
    return follow(project.pk, touched)


# -- what is said of the items -----------------------------------------------------------------------------


def _count_left_out(project: Project, items: Sequence[UUID], drafted: Sequence[Drafted]) -> None:
    LeftOut.objects.filter(item__in=items).delete()
    counts: dict[UUID, int] = {}
    for one in drafted:
        counts[one.item.pk] = counts.get(one.item.pk, 0) + sum(not draft.fits for draft in one.drafts)
    LeftOut.objects.bulk_create(
        [LeftOut(project=project, item_id=item, count=count) for item, count in counts.items() if count],
        ignore_conflicts=True,
    )


def _settle_unknown(
    project: Project, drafted: Sequence[Drafted], pairs: Mapping[Place, Sequence[UUID]]
) -> None:
    """The question that an item was made of has its answer."""
    for one in drafted:
        asked = _uuid(one.item.external_id.removeprefix(UNKNOWN))
        found = pairs.get((one.item.pk, one.field))
        if found and asked is not None and one.item.external_id.startswith(UNKNOWN):
            rows = Unknown.objects.filter(project=project, pk=asked)
            rows.exclude(pair__isnull=False, pair__stands=True).update(
                state=Unknown.State.ANSWERED, pair=found[0]
            )


def _parts(things: Iterable[Thing], most: int) -> Iterator[list[Thing]]:
    left = iter(things)
    while part := list(islice(left, most)):
        yield part


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def count_left_out(project: Project) -> int:
    return sum(LeftOut.objects.filter(project=project).values_list("count", flat=True))


def items_left_out(project: Project, most: int = 20) -> list[LeftOut]:
    return list(
        LeftOut.objects.filter(project=project).select_related("item").order_by("-count", "pk")[:most]
    )
