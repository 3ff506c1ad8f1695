"""What an analysis rests on: its hash, to find results by, and a frozen copy that every part reads."""

import hashlib
import importlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pyarrow as pa
from django.db import connection
from django.db.models import QuerySet

from tasks_app import selectors
from tasks_app.fields.base import Field
from tasks_app.fields.payload import turn_speakers, turn_texts
from tasks_app.models import Item, Project
from training import freezing
from training.engine.arrays import Floats
from training.engine.data import read_arrow
from training.models import Snapshot
from training.models.analysis import folder_of

ITEMS = "items.arrow"
Values = dict[UUID, dict[str, Any]]
_CHUNK = 1_000
_SCHEMA = pa.schema([
    ("item", pa.binary(16)), ("group", pa.string()), ("language", pa.string()), ("split", pa.string()),
    ("created", pa.timestamp("us", tz="UTC")), ("payload", pa.string()), ("values", pa.string()),
])  # fmt: skip
# A sum of hashes: the same whatever the order, one pass, and nothing to be sorted.
_SUMS = """
SELECT (SELECT concat(count(*), ' ', sum(hashtextextended(
          concat_ws('|', i.id, i.content_hash, i.language, i.split, i."group", i.consent), 0)::numeric))
        FROM tasks_app_item i WHERE i.project_id = %s AND i.state <> 'withdrawn' AND NOT i.restricted),
       (SELECT concat(count(*), ' ', sum(hashtextextended(concat_ws('|', c.id, c.value), 0)::numeric))
        FROM annotations_consensus c WHERE c.project_id = %s AND c.state IN ('approved', 'corrected'))
"""


@dataclass(frozen=True, slots=True)
class Analysed:
    """An item as it was when the analysis began. values: what was approved of it, by field."""

    item: UUID
    group: str
    language: str
    split: str
    created: datetime
    payload: dict[str, Any]
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Turn:
    """One text: a turn of a dialogue, a plain text (turn 0), or one of a pair (0, 1)."""

    of: Analysed
    turn: int
    speaker: str
    text: str


class Source:
    """Reads the frozen copy as often as a part likes, a thousand items at a time."""

    def __init__(self, project: Project, folder: Path) -> None:
        self.project, self.folder = project, folder
        self.fields: tuple[Field, ...] = selectors.current_fields(project)
        with pa.memory_map(str(folder / ITEMS)) as stream:
            reader = pa.ipc.open_file(stream)
            self.items_count = sum(reader.get_batch(n).num_rows for n in range(reader.num_record_batches))

    def items(self) -> Iterator[Analysed]:
        """In the order of import."""
        with pa.memory_map(str(self.folder / ITEMS)) as stream:
            reader = pa.ipc.open_file(stream)
            for number in range(reader.num_record_batches):
                for one in reader.get_batch(number).to_pylist():
                    yield Analysed(
                        UUID(bytes=one["item"]), one["group"], one["language"], one["split"], one["created"],
                        json.loads(one["payload"]), json.loads(one["values"]),
                    )  # fmt: skip

    def turns(self) -> Iterator[Turn]:
        """All texts, in the order of items and within them; row n of `vectors` is the nth of these."""
        for item in self.items():
            said = zip(turn_speakers(item.payload), turn_texts(item.payload), strict=True)
            for number, (speaker, text) in enumerate(said):
                yield Turn(item, number, speaker or "", text)

    def vectors(self, tick: Callable[[float], None] = lambda _share: None) -> Floats:
        """(turns, D) float32 of unit length by the site's encoder; computed once, read from disk then."""
        # torch and the encoder: only for the worker who reads.
        found: Floats = importlib.import_module("training.analysis_vectors").vectors(self, tick)
        return found


def data_hash(project: Project, snapshot: Snapshot | None) -> str:
    """64 hex digits. Changes with every item, text, approved answer and answer field."""
    if snapshot is not None:
        return snapshot.sha256
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, [project.pk, project.pk])
        sums = cursor.fetchone()
    shape = [field.to_json() for field in selectors.current_fields(project)]
    return hashlib.sha256(json.dumps([sums, shape, project.languages], default=str).encode()).hexdigest()


def source_of(project: Project, snapshot: Snapshot | None, key: str) -> Source:
    """The frozen copy; made where it is not there yet. `key` is the data's hash."""
    folder = folder_of(project.pk) / f"data-{key}"
    if not (folder / ITEMS).exists():
        folder.mkdir(parents=True, exist_ok=True)
        _write(project, snapshot, folder / ITEMS)
    return Source(project, folder)


def forget_texts(project_id: UUID, key: str) -> None:
    """Nobody needs the copy any more: what was computed from it stays, the texts do not."""
    folder = folder_of(project_id) / f"data-{key}"
    for path in (folder / ITEMS, *folder.glob(".*")):  # also what a killed worker had begun to write
        path.unlink(missing_ok=True)


def _write(project: Project, snapshot: Snapshot | None, path: Path) -> None:
    names = [field.name for field in selectors.current_fields(project)]
    frozen = _frozen_values(snapshot) if snapshot is not None else None
    draft = path.with_name(f".{uuid4().hex}-{path.name}")
    rows = _items(project, snapshot).iterator(chunk_size=_CHUNK)
    with pa.OSFile(str(draft), "wb") as sink, pa.ipc.new_file(sink, _SCHEMA) as writer:
        while chunk := list(islice(rows, _CHUNK)):
            values = _values(project, names, chunk) if frozen is None else frozen
            records = [_record(one, values.get(one.pk, {})) for one in chunk]
            writer.write_batch(pa.RecordBatch.from_pylist(records, schema=_SCHEMA))
    os.replace(draft, path)


def _items(project: Project, snapshot: Snapshot | None) -> QuerySet[Item]:
    found = Item.objects.filter(project=project, restricted=False).exclude(state=Item.State.WITHDRAWN)
    if snapshot is not None:
        found = found.filter(pk__in=snapshot.items.values("item"))
    return found.only("group", "language", "split", "created_at", "payload").order_by("position", "pk")


def _values(project: Project, names: Sequence[str], items: Sequence[Item]) -> Values:
    decided = freezing.decided(project, names).filter(item__in=items)
    values: Values = {}
    for pk, name, value in decided.values_list("item_id", "field", "value"):
        values.setdefault(pk, {})[name] = value
    return values


def _frozen_values(snapshot: Snapshot) -> Values:
    """As the snapshot's own files have them, whatever was decided since."""
    values: Values = {}
    for name in snapshot.files:
        for row in read_arrow(snapshot.folder / name):
            values.setdefault(UUID(row.id), {})[name.split("/")[0]] = row.value
    return values


def _record(item: Item, values: dict[str, Any]) -> dict[str, Any]:
    return {
        "item": item.pk.bytes, "group": item.group or str(item.pk), "language": item.language,
        "split": item.split, "created": item.created_at,
        "payload": json.dumps(item.payload), "values": json.dumps(values),
    }  # fmt: skip
