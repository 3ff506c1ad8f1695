"""Which item goes to which split, worked out in arrays and scratch files: a million items fit."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import connection

from tasks_app.fields.base import Field
from tasks_app.fields.payload import turn_texts
from tasks_app.models import Project
from training import freezing
from training.models import ActiveLearning, Snapshot, SnapshotItem
from training.near_duplicates import Sketches
from training.splits import SPLITS, Members, Plan, assign_splits, group_places

_CHUNK = 2000
_PLANNED = "CREATE TEMPORARY TABLE planned (item uuid, split text) ON COMMIT DROP"
_INSERT = """
INSERT INTO training_snapshotitem (snapshot_id, item, "group", split)
SELECT %s, planned.item, COALESCE(NULLIF(asked."group", ''), asked.id::text), planned.split
FROM planned JOIN tasks_app_item asked ON asked.id = planned.item
"""


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """Every item that would be frozen now, and where it would stand."""

    members: Members
    plan: Plan

    def __len__(self) -> int:
        return len(self.members)

    def placed(self) -> Iterator[tuple[UUID, str]]:
        """Item and split; what is left out does not come."""
        for place, split in enumerate(self.plan.splits.tolist()):
            if split >= 0:
                yield UUID(bytes=bytes(self.members.items[place * 16 : place * 16 + 16])), SPLITS[split]

    def duplicates(self) -> dict[str, int]:
        return {
            "joined": self.plan.joined, "clusters": self.plan.clusters, "left_out": self.plan.left_out
        }  # fmt: skip


def plan_splits(project: Project, fields: Sequence[Field]) -> SplitPlan:
    """Reads every decided item once, by a server-side cursor, in the order of the ids."""
    salt = f"{project.pk}test"
    members = Members()
    with _scratch() as folder, Sketches(Path(folder)) as sketches:
        for pk, group, pin, payload, labels in _decided_items(project, fields):
            members.add(pk.bytes, group or str(pk), salt=salt, pin=pin, labels=labels)
            sketches.add("\n".join(turn_texts(payload)))
        roots = sketches.clusters() if len(members) else None
    frozen = _frozen_places(project, salt)
    by_lot = ActiveLearning.objects.filter(project=project).exists()
    return SplitPlan(members, assign_splits(members, frozen=frozen, roots=roots, by_lot=by_lot))


def store_places(snapshot: Snapshot, planned: SplitPlan) -> None:
    """Write the SnapshotItem rows with COPY: a million model instances would take gigabytes."""
    with _scratch() as folder, Path(folder, "planned").open("w+", encoding="ascii") as lines:
        lines.writelines(f"{item}\t{split}\n" for item, split in planned.placed())
        lines.seek(0)
        with connection.cursor() as cursor:
            cursor.execute(_PLANNED)
            cursor.copy_expert("COPY planned FROM STDIN", lines)
            cursor.execute(_INSERT, [snapshot.pk])
            cursor.execute("DROP TABLE planned")
            cursor.execute("ANALYZE training_snapshotitem")


def _decided_items(
    project: Project, fields: Sequence[Field]
) -> Iterator[tuple[UUID, str, str, dict[str, object], set[str]]]:
    """Item, group, pin, payload, and the labels of all its fields."""
    by_name = {field.name: field for field in fields}
    rows = freezing.decided(project, list(by_name)).order_by("item_id").values_list(
        "item_id", "item__group", "item__split", "item__payload", "field", "value"
    )  # fmt: skip
    for pk, of_item in groupby(rows.iterator(chunk_size=_CHUNK), key=lambda row: row[0]):
        first, *others = of_item
        labels = {
            f"{name} {label}"
            for *_item, name, value in (first, *others)
            for label in freezing.label_names(by_name[name], value)
        }
        yield pk, first[1], first[2], first[3], labels


def _frozen_places(project: Project, salt: str) -> Iterator[int]:
    """The groups that were tested on before."""
    rows = SnapshotItem.objects.filter(snapshot__project=project, split=SnapshotItem.Split.TEST)
    groups = rows.values_list("group", flat=True).distinct()
    return (group_places(salt, group)[0] for group in groups.iterator(chunk_size=_CHUNK))


def _scratch() -> "tempfile.TemporaryDirectory[str]":
    root = settings.ARTIFACTS_DIR / "scratch"
    root.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(dir=root)
