"""Model inputs kept from one run to the next: the same data, tokenizer and settings are tokenized once.

One Arrow file an entry, memory-mapped when it is read: runs that train side by side share its pages. The name
of an entry is a hash over all that its content follows from, the engine's own code included, so nothing has
ever to be declared stale; what was not used for longest goes when there is too much.
"""

import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, overload

import numpy as np
import pyarrow as pa

from training.engine.batching import Example

MOST_BYTES = 4 << 30
_CHUNK = 1000  # examples in one record batch
_LOOK_SECONDS = 0.2
_NONE = -1


class TokenCache:
    """A folder that any number of runs may use at the same time; without one nothing is kept."""

    def __init__(self, folder: Path | None, *, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._most_bytes = most_bytes

    def get(
        self, key: str, make: Callable[[], Sequence[Example]], *, check: Callable[[], None] = lambda: None
    ) -> Sequence[Example]:
        """The entry under `key`, made if it is not there. Of several who want it at once one makes it.

        `check` is called while another makes it, and may raise. A folder that cannot be written is no error.
        """
        if self._folder is None:
            return make()
        try:
            with _held(self._folder / "locks" / key[:2], check):
                return self._find_or_make(self._folder / f"{key}.arrow", make)
        except OSError:  # full, read-only or gone
            return make()

    def _find_or_make(self, path: Path, make: Callable[[], Sequence[Example]]) -> Sequence[Example]:
        try:
            found = StoredExamples(path)
            os.utime(path)
            return found
        except (FileNotFoundError, pa.ArrowInvalid):
            made = make()
        _write(path, made)
        self._tidy(keep=path)
        return StoredExamples(path)

    def _tidy(self, *, keep: Path) -> None:
        """Delete what was not used for longest. Who has an entry open keeps it until he closes it."""
        entries = sorted(keep.parent.glob("*.arrow"), key=_used, reverse=True)
        total = 0
        for entry in entries:
            total += _size(entry)
            if total > self._most_bytes and entry != keep:
                entry.unlink(missing_ok=True)


@contextmanager
def _held(lock: Path, check: Callable[[], None]) -> Iterator[None]:
    """Alone at the entries that fall on this lock, one of 256."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                check()
                time.sleep(_LOOK_SECONDS)
        yield


def key_of(*parts: str) -> str:
    """SHA-256 over what an entry follows from, and over the engine's code."""
    return hashlib.sha256("\0".join([_code_hash(), *parts]).encode()).hexdigest()


@cache
def _code_hash() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


class StoredExamples(Sequence[Example]):
    """Examples in a file, each made when it is asked for. Raises ArrowInvalid for a file that is none."""

    def __init__(self, path: Path) -> None:
        reader = pa.ipc.open_file(pa.memory_map(str(path)))
        self._chunks = [_Chunk(reader.get_batch(index)) for index in range(reader.num_record_batches)]
        self._count = sum(chunk.count for chunk in self._chunks)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Example: ...
    @overload
    def __getitem__(self, index: slice) -> list[Example]: ...
    def __getitem__(self, index: int | slice) -> Example | list[Example]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(self._count))]
        place = index + self._count if index < 0 else index
        if not 0 <= place < self._count:
            raise IndexError(index)
        return self._chunks[place // _CHUNK].example(place % _CHUNK)


class _Chunk:
    """One record batch as numpy views of the file."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        parts = batch.column("parts")
        self.count = len(batch)
        self._begins = parts.offsets.to_numpy()
        self._columns: dict[str, Any] = {}
        for index, field in enumerate(parts.values.type):
            column = parts.values.field(index)
            if pa.types.is_list(field.type):
                self._columns[field.name] = (column.offsets.to_numpy(), column.values.to_numpy())
            else:
                self._columns[field.name] = column.to_numpy()

    def example(self, index: int) -> Example:
        return Example.bundle([self._part(p) for p in range(self._begins[index], self._begins[index + 1])])

    def _part(self, index: int) -> Example:
        def numbers(name: str) -> Any:
            begins, values = self._columns[name]
            return values[begins[index] : begins[index + 1]]

        one = {
            name: column[index] for name, column in self._columns.items() if isinstance(column, np.ndarray)
        }
        leads = numbers("leads").astype(np.int64)
        return Example(
            row=int(one["row"]), turn=int(one["turn"]), weight=float(one["weight"]),
            ids=numbers("ids").astype(np.int64), types=numbers("types").astype(np.int64),
            pool=(int(one["pool_begin"]), int(one["pool_end"])),
            leads=leads.reshape(-1, one["leads_width"]) if one["leads_width"] != _NONE else leads,
            offsets=numbers("offsets").reshape(-1, 2) if one["has_offsets"] else None,
            targets=None if one["targets_width"] == _NONE
            else numbers("targets").reshape(-1, one["targets_width"]),
        )  # fmt: skip


def _write(path: Path, examples: Sequence[Example]) -> None:
    """The file appears whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".draft")
    os.close(handle)
    try:
        batches = (_encode(examples[begin : begin + _CHUNK]) for begin in range(0, len(examples), _CHUNK))
        first = next(batches, None) or _encode([])
        with pa.OSFile(name, "wb") as sink, pa.ipc.new_file(sink, first.schema) as writer:
            writer.write_batch(first)
            for batch in batches:
                writer.write_batch(batch)
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


def _encode(examples: Sequence[Example]) -> pa.RecordBatch:
    parts = [part for example in examples for part in example.inputs]

    def numbers(values: list[Any], kind: Any) -> pa.Array:
        return pa.array(np.array(values, dtype=kind))

    columns = {
        "row": numbers([part.row for part in parts], np.int64),
        "turn": numbers([part.turn for part in parts], np.int64),
        "weight": numbers([part.weight for part in parts], np.float64),
        "ids": _lists([part.ids for part in parts], np.int32),
        "types": _lists([part.types for part in parts], np.int8),
        "pool_begin": numbers([part.pool[0] for part in parts], np.int32),
        "pool_end": numbers([part.pool[1] for part in parts], np.int32),
        "leads": _lists([part.leads for part in parts], np.int32),
        "leads_width": numbers([_width(part.leads) for part in parts], np.int32),
        "offsets": _lists([part.offsets for part in parts], np.int64),
        "has_offsets": numbers([part.offsets is not None for part in parts], np.int8),
        "targets": _lists([part.targets for part in parts], np.float32),
        "targets_width": numbers([_width(part.targets) for part in parts], np.int32),
    }
    begins = np.cumsum([0, *(len(example.inputs) for example in examples)])
    struct = pa.StructArray.from_arrays(list(columns.values()), list(columns))
    return pa.RecordBatch.from_arrays(
        [pa.ListArray.from_arrays(pa.array(begins, pa.int32()), struct)], ["parts"]
    )


def _lists(arrays: list[Any], kind: Any) -> pa.Array:
    flat = [np.zeros(0, kind) if array is None else array.reshape(-1).astype(kind) for array in arrays]
    begins = np.cumsum([0, *map(len, flat)])
    values = np.concatenate(flat) if flat else np.zeros(0, kind)
    return pa.ListArray.from_arrays(pa.array(begins, pa.int32()), pa.array(values))


def _width(array: Any) -> int:
    """The second dimension; _NONE for a flat array or none at all."""
    return _NONE if array is None or array.ndim < 2 else int(array.shape[1])


def _used(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
