"""Items with known truth that the models never saw, and frozen test items."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

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
    groups = set(seen.order_by().values_list("group", flat=True).distinct())
    fresh = (
        _there(project).filter(gold__isnull=True, split="").exclude(Exists(seen.filter(item=OuterRef("pk"))))
    )
    return [*gold, *(one for one in _decided(project, fresh) if one.group not in groups)][:MOST]


def frozen(project: Project, versions: Sequence[ModelVersion]) -> list[Known]:
    """Test items of both versions' snapshots."""
    found = _there(project).filter(gold__isnull=True)
    for version in versions:
        tested = SnapshotItem.objects.filter(
            snapshot=version.snapshot_id, split=SnapshotItem.Split.TEST, item=OuterRef("pk")
        )
        found = found.filter(Exists(tested))
    return list(_decided(project, found))[:MOST]


def digest(parts: Sequence[Sequence[Known]]) -> str:
    """SHA-256 over the items and their truth, part by part."""
    rows = [sorted([str(one.id), one.condition, one.urgency] for one in part) for part in parts]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _there(project: Project) -> QuerySet[Item]:
    return Item.objects.filter(project=project, restricted=False).exclude(state=Item.State.WITHDRAWN)


def _decided(project: Project, items: QuerySet[Item]) -> Iterator[Known]:
    values: dict[UUID, dict[str, Any]] = {}
    rows = freezing.decided(project, FIELDS).filter(item__in=items).order_by("item_id")
    for row in rows.select_related("item"):
        entry = values.setdefault(row.item_id, {"item": row.item})
        entry[row.field] = row.value
    for pk, entry in values.items():
        if all(name in entry for name in FIELDS):
            item = entry["item"]
            yield Known(pk, item.group or str(pk), item.payload, **_values(entry))


def _values(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: raw[name] for name in FIELDS}
