"""Streams what was approved into Arrow files, hashing every row on its way."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from annotations.models import Consensus
from tasks_app.fields.base import Field
from tasks_app.models import Item, Project
from training.engine.config import FIELD_TYPES
from training.engine.data import Row, write_arrow
from training.models import Snapshot, SnapshotItem
from training.soft import soft_targets
from training.splits import Member

DECIDED = (Consensus.State.APPROVED, Consensus.State.CORRECTED)
_CHUNK = 2000


def decided(project: Project, fields: Sequence[str]) -> QuerySet[Consensus]:
    """What may be trained on: approved or corrected, with a value, of an item that was not withdrawn."""
    return Consensus.objects.filter(
        project=project, field__in=fields, state__in=DECIDED, value__isnull=False
    ).exclude(item__state=Item.State.WITHDRAWN)


def decided_for(project: Project, field: Field) -> QuerySet[Consensus]:
    """`decided` for one field; what a relation links must be decided as well, or its links hang loose."""
    found = decided(project, [field.name])
    for number, name in enumerate(field.refers):
        spans = decided(project, [name]).filter(item=OuterRef("item_id"))
        found = found.filter(Exists(spans)).annotate(**{f"beside_{number}": Subquery(spans.values("value"))})
    return found


def trainable(fields: Sequence[Field]) -> list[Field]:
    return [field for field in fields if field.type in FIELD_TYPES]


def members_of(
    project: Project, fields: Sequence[str], *, truths: QuerySet[Consensus] | None = None
) -> list[Member]:
    """The items that stand in a snapshot of `fields` (or have one of `truths`), in the order of their ids."""
    truths = decided(project, fields) if truths is None else truths
    has_truth = Exists(truths.filter(item=OuterRef("pk")))
    rows = Item.objects.filter(has_truth, project=project).order_by("pk").values_list("pk", "group", "split")
    return [Member(str(pk), group or str(pk), pin) for pk, group, pin in rows.iterator(chunk_size=_CHUNK)]


def frozen_groups(project: Project) -> set[str]:
    """The groups that were tested on before."""
    rows = SnapshotItem.objects.filter(snapshot__project=project, split=SnapshotItem.Split.TEST)
    return set(rows.values_list("group", flat=True).distinct())


def rows_of(snapshot: Snapshot, field: Field, split: str) -> Iterator[Row]:
    """The labelled items of one split, by a server-side cursor, in the order of their ids."""
    chosen = SnapshotItem.objects.filter(snapshot=snapshot, split=split, item=OuterRef("item_id"))
    found = decided_for(snapshot.project, field).filter(Exists(chosen)).order_by("item_id")
    beside = [f"beside_{number}" for number in range(len(field.refers))]
    columns = found.values_list(
        "item_id", "item__group", "item__payload", "value", "state", "posterior", *beside
    )
    for item, group, payload, value, state, posterior, *spans in columns.iterator(chunk_size=_CHUNK):
        # A reviewer's correction is certain; only what the crowd decided carries the crowd's doubt.
        soft = soft_targets(field, posterior) if state == Consensus.State.APPROVED else None
        payload, value = _with_beside(field, payload, value, dict(zip(field.refers, spans, strict=True)))
        yield Row(id=str(item), group=group or str(item), payload=payload, value=value, soft=soft)


def _with_beside(
    field: Field, payload: dict[str, Any], value: Any, beside: dict[str, Any]
) -> tuple[dict[str, Any], Any]:
    """A relation's row brings the spans that its links are indexes into; loose links are left out."""
    if not beside:
        return payload, value
    return {**payload, "beside": beside}, field.refer(field.resolve(value, beside), beside)


def write_split(snapshot: Snapshot, field: Field, split: str, folder: Path) -> tuple[int, str, str]:
    """Write `<field>/<split>.arrow`; returns rows, SHA-256 of their canonical JSON, SHA-256 of the bytes."""
    digest = hashlib.sha256()
    path = folder / field.name / f"{split}.arrow"
    path.parent.mkdir(parents=True, exist_ok=True)
    count = write_arrow(path, _hashed(rows_of(snapshot, field, split), digest))
    return count, digest.hexdigest(), file_sha256(path)


def _hashed(rows: Iterator[Row], digest: Any) -> Iterator[Row]:
    for row in rows:
        digest.update(canonical(asdict(row)))
        yield row


def canonical(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def file_sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
