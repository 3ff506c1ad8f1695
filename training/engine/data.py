"""Rows on disk: Arrow IPC files in bounded batches, so that writing never holds them all at once."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from training.engine.errors import EngineError

SCHEMA = pa.schema([
    ("id", pa.string()), ("group", pa.string()), ("payload", pa.string()), ("value", pa.string()),
    ("weight", pa.float64()), ("soft", pa.string()),
])  # fmt: skip
_REQUIRED = ("id", "payload", "value")
_BATCH_ROWS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One labelled item.

    value: the field's answer (None when it has none). weight: how much the row counts in the loss.
    soft: how sure the crowd was, in place of the hard value --
      choice over a dialogue, text or pair: {label: probability};
      choice per turn: {"0": {label: probability}, ...} by turn index;
      span: {"0": [[start, end, {"O"|"B-label"|"I-label": probability}], ...]} over characters of a turn.
    """

    id: str
    payload: dict[str, Any]
    value: Any = None
    group: str = ""
    weight: float = 1.0
    soft: dict[str, Any] | None = None


def write_arrow(path: Path, rows: Iterable[Row]) -> int:
    """Stream rows into one Arrow IPC file, a thousand at a time; returns how many were written."""
    count, source = 0, iter(rows)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, SCHEMA) as writer:
        while chunk := list(islice(source, _BATCH_ROWS)):
            writer.write_batch(pa.RecordBatch.from_pylist([_to_record(row) for row in chunk], schema=SCHEMA))
            count += len(chunk)
    return count


def read_arrow(path: Path) -> Iterator[Row]:
    """Rows of an Arrow IPC file, batch by batch. Raises EngineError for a file that cannot be used."""
    try:
        with pa.memory_map(str(path)) as source:
            reader = pa.ipc.open_file(source)
            if missing := [name for name in _REQUIRED if name not in reader.schema.names]:
                raise EngineError(f"{path.name} lacks the columns {', '.join(missing)}.")
            for index in range(reader.num_record_batches):
                for record in reader.get_batch(index).to_pylist():
                    yield _from_record(record, path.name)
    except FileNotFoundError:
        raise EngineError(f"{path} does not exist.") from None
    except pa.ArrowInvalid as error:
        raise EngineError(f"{path} is no Arrow file: {error}.") from None


def hardened(rows: Iterable[Row]) -> list[Row]:
    """The rows with their label alone, each counting as before."""
    return [replace(row, soft=None) for row in rows]


def settled(rows: Iterable[Row]) -> list[Row]:
    """The rows as they are judged: by the value that was approved, not by the crowd's doubt about it."""
    return [replace(row, soft=None, weight=1.0) for row in rows]


def fingerprint(paths: Iterable[Path]) -> str:
    """SHA-256 over names and bytes of the files that exist: which data a model has seen."""
    digest = hashlib.sha256()
    for path in paths:
        if path.exists():
            digest.update(path.name.encode())
            with path.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def rows_hash(rows: Iterable[Row]) -> str:
    """SHA-256 over rows, in order, with all that is in them."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps(_to_record(row)).encode())
        digest.update(b"\n")
    return digest.hexdigest()


def _to_record(row: Row) -> dict[str, Any]:
    def dump(value: object) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    return {
        "id": row.id, "group": row.group, "payload": dump(row.payload), "value": dump(row.value),
        "weight": row.weight, "soft": None if row.soft is None else dump(row.soft),
    }  # fmt: skip


def _from_record(record: dict[str, Any], name: str) -> Row:
    try:
        soft = record.get("soft")
        weight = record.get("weight")
        return Row(
            id=record["id"], group=record.get("group") or "", payload=json.loads(record["payload"]),
            value=json.loads(record["value"]) if record["value"] else None,
            weight=1.0 if weight is None else float(weight), soft=json.loads(soft) if soft else None,
        )  # fmt: skip
    except (ValueError, TypeError) as error:
        raise EngineError(f"{name}, row {record.get('id')!r}: not readable: {error}.") from None
