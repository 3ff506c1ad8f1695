"""Streams what was approved into Arrow files, hashing every row on its way."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery, Value

from annotations import permission
from annotations.models import Consensus
from tasks_app.fields.base import Field
from tasks_app.models import Item, Project
from training.engine.config import FIELD_TYPES
from training.engine.data import Row, write_arrow
from training.models import CleaningTask, Snapshot, SnapshotItem
from training.soft import soft_targets

DECIDED = (Consensus.State.APPROVED, Consensus.State.CORRECTED)
_CHUNK = 2000


def decided(project: Project, fields: Sequence[str]) -> QuerySet[Consensus]:
    """What may be trained on: approved or corrected, with a value, of an item that was neither withdrawn nor
    taken out of training, and with the will of those concerned."""
    found = Consensus.objects.filter(
        project=project, field__in=fields, state__in=DECIDED, value__isnull=False
    ).exclude(item__state=Item.State.WITHDRAWN)
    left_out = CleaningTask.objects.filter(item=OuterRef("item_id"), state=CleaningTask.State.LEFT_OUT)
    found = found.exclude(Exists(left_out))
    return permission.usable(found, project)


def decided_for(project: Project, field: Field) -> QuerySet[Consensus]:
    """`decided` for one field; what a relation links must be decided as well, or its links hang loose."""
    found = decided(project, [field.name])
    for number, name in enumerate(field.refers):
        spans = decided(project, [name]).filter(item=OuterRef("item_id"))
        found = found.filter(Exists(spans)).annotate(**{f"beside_{number}": Subquery(spans.values("value"))})
    return found


def trainable(fields: Sequence[Field]) -> list[Field]:
    return [field for field in fields if field.type in FIELD_TYPES]


def frozen_groups(project: Project) -> set[str]:
    """The groups that were tested on before."""
    rows = SnapshotItem.objects.filter(snapshot__project=project, split=SnapshotItem.Split.TEST)
    return set(rows.values_list("group", flat=True).distinct())


def rows_of(snapshot: Snapshot, field: Field, split: str) -> Iterator[Row]:
    """The labelled items of one split, by a server-side cursor, in the order of their ids."""
    chosen = SnapshotItem.objects.filter(snapshot=snapshot, split=split, item=OuterRef("item_id"))
    found = decided_for(snapshot.project, field).filter(Exists(chosen)).order_by("item_id")
    beside = [f"beside_{number}" for number in range(len(field.refers))]
    silent = permission.heard_by_silent(snapshot.project) or Value(False)
    columns = found.annotate(silent=silent).values_list(
        "item_id", "item__group", "item__payload", "value", "state", "posterior", "silent", *beside
    )
    for item, group, payload, value, state, posterior, mixed, *spans in columns.iterator(chunk_size=_CHUNK):
        # A reviewer's correction is certain; only what the crowd decided carries the crowd's doubt. Where
        # somebody whose answers are left out was heard, the doubt is partly theirs, and stays behind.
        crowd = state == Consensus.State.APPROVED and not mixed
        soft = soft_targets(field, posterior) if crowd else None
        payload, value = _with_beside(field, payload, value, dict(zip(field.refers, spans, strict=True)))
        yield Row(id=str(item), group=group or str(item), payload=payload, value=value, soft=soft)


def _with_beside(
    field: Field, payload: dict[str, Any], value: Any, beside: dict[str, Any]
) -> tuple[dict[str, Any], Any]:
    """A relation's row brings the spans that its links are indexes into; loose links are left out."""
    if not beside:
        return payload, value
    return {**payload, "beside": beside}, field.refer(field.resolve(value, beside), beside)


def write_split(snapshot: Snapshot, field: Field, split: str, folder: Path) -> "Written":
    """Write `<field>/<split>.arrow`, hashing and counting every row on its way."""
    path = folder / field.name / f"{split}.arrow"
    path.parent.mkdir(parents=True, exist_ok=True)
    written = Written(field)
    write_arrow(path, written.watch(rows_of(snapshot, field, split)))
    written.file = file_sha256(path)
    return written


class Written:
    """What went into one file. content: SHA-256 of the rows' canonical JSON; file: that of the bytes."""

    def __init__(self, field: Field) -> None:
        self.rows = self.soft = 0
        self.labels: Counter[str] = Counter()
        self.file = ""
        self._field, self._digest = field, hashlib.sha256()

    @property
    def content(self) -> str:
        return self._digest.hexdigest()

    def watch(self, rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            self._digest.update(canonical(asdict(row)))
            self.rows += 1
            self.soft += row.soft is not None
            self.labels.update(label_names(self._field, row.value))
            yield row


def label_names(field: Field, value: Any) -> set[str]:
    """What an answer is labelled with, as far as it can be counted: a text's or a ranking's words cannot."""
    if field.type in {"text", "rank"}:
        return set()
    if isinstance(value, list):
        return set[str]().union(*(label_names(field, entry) for entry in value))
    if isinstance(value, Mapping):
        return label_names(field, value.get("labels") or value.get("label") or value.get("value"))
    return set() if value is None else {str(value)}


def canonical(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def file_sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
