"""Looking for a person's data in files, without asking those who removed it where it was."""

import io
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from uuid import UUID

import pyarrow as pa

from privacy import mentions

_WEIGHTS = {".safetensors", ".onnx", ".bin"}
_ROWS = ".arrow"
_PIECE = io.DEFAULT_BUFFER_SIZE * 128


def count_files(root: Path, items: Collection[UUID], values: Sequence[str]) -> int:
    """Files below `root` with a row about one of the items, or that say a telling value. Weights are not
    read: what a model has learned is no text, and is asked for by other means."""
    ids = {str(item) for item in items}
    wanted = [value.encode() for value in mentions.telling(values)] + [item.encode() for item in ids]
    if not wanted or not root.exists():
        return 0
    return sum(_holds(path, ids, wanted) for path in _files(root))


def _files(root: Path) -> Iterator[Path]:
    for path in root.rglob("*"):
        if path.is_file() and path.suffix not in _WEIGHTS:
            yield path


def _holds(path: Path, ids: set[str], wanted: Sequence[bytes]) -> bool:
    try:
        if path.suffix == _ROWS and _has_row(path, ids):
            return True
        return _says(path, wanted)
    except FileNotFoundError:  # a run that is at work tidies up meanwhile
        return False


def _has_row(path: Path, ids: set[str]) -> bool:
    """Compressed columns hide their bytes, so the file is read as what it is."""
    try:
        with pa.memory_map(str(path)) as source:
            reader = pa.ipc.open_file(source)
            if "id" not in reader.schema.names:
                return False
            batches = (reader.get_batch(n) for n in range(reader.num_record_batches))
            return any(not ids.isdisjoint(batch.column("id").to_pylist()) for batch in batches)
    except pa.ArrowInvalid:
        return False


def _says(path: Path, wanted: Sequence[bytes]) -> bool:
    longest = max(map(len, wanted))
    before = b""
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            if any(value in before + piece for value in wanted):
                return True
            before = piece[-longest:]
    return False
