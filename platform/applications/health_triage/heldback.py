"""Items with known truth that the models never saw, and frozen test items."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from tasks_app.models import Item, Project
from training import freezing
from training.models import ModelVersion, SnapshotItem

FIELDS = ("condition", "urgency")
MOST = 5_000  # of each kind: more would tell nothing new, and each is asked of two models


@dataclass(frozen=True, slots=True)
class Known:
    """An item with its truth in both fields. group: what its split was drawn by."""

    id: UUID
    group: str
    payload: Mapping[str, Any]
    condition: str
    urgency: int


def held_back(project: Project, versions: Sequence[ModelVersion]) -> list[Known]:
    """Gold items, which are in no snapshot, and what was approved since the versions' snapshots were frozen.

    What was put together by doubt or complaint (pinned to training) is left out: nobody drew it by lot, and a
    promise holds only for messages like those it rests on. So are groups that the versions learned from.
    """
    gold = [
        Known(item.pk, item.group or str(item.pk), item.payload, **_values(item.gold or {}))
        for item in _there(project).filter(gold__isnull=False, gold__has_keys=FIELDS).order_by("pk")[:MOST]
        if all((item.gold or {}).get(name) is not None for name in FIELDS)
    ]
    seen = SnapshotItem.objects.filter(snapshot__in=[version.snapshot_id for version in versions])
    known = Exists(seen.filter(item=OuterRef("pk"))) | (
        ~Q(group="") & Exists(seen.filter(group=OuterRef("group")))
    )
    fresh = _there(project).filter(gold__isnull=True, split="").exclude(known)
    return [*gold, *_decided(project, fresh, MOST - len(gold))]


def frozen(project: Project, versions: Sequence[ModelVersion]) -> list[Known]:
    """Test items of both versions' snapshots."""
    found = _there(project).filter(gold__isnull=True)
    for version in versions:
        tested = SnapshotItem.objects.filter(
            snapshot=version.snapshot_id, split=SnapshotItem.Split.TEST, item=OuterRef("pk")
        )
        found = found.filter(Exists(tested))
    return list(_decided(project, found, MOST))


def digest(parts: Sequence[Sequence[Known]]) -> str:
    """SHA-256 over the items and their truth, part by part."""
    rows = [sorted([str(one.id), one.condition, one.urgency] for one in part) for part in parts]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _there(project: Project) -> QuerySet[Item]:
    return Item.objects.filter(project=project, restricted=False).exclude(state=Item.State.WITHDRAWN)


def _decided(project: Project, items: QuerySet[Item], most: int) -> Iterator[Known]:
    """The first `most` by id of those that are decided in both fields; no more are read."""
    truths = freezing.decided(project, FIELDS)
    for name in FIELDS:
        items = items.filter(Exists(truths.filter(item=OuterRef("pk"), field=name)))
    chosen = list(items.order_by("pk")[:most])
    values: dict[UUID, dict[str, Any]] = {item.pk: {} for item in chosen}
    for row in truths.filter(item__in=list(values)).values_list("item_id", "field", "value").iterator():
        values[row[0]][row[1]] = row[2]
    for item in chosen:
        yield Known(item.pk, item.group or str(item.pk), item.payload, **_values(values[item.pk]))


def _values(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: raw[name] for name in FIELDS}
