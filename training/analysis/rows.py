"""What an analysis keeps of each turn: numbers and places, never its text. Arrow files, read as arrays.

turns.arrow   a row a turn: id of its item (`remains.py` finds a person's items by that name), turn, time,
              length, speaker, language, topic, place on the map, question
labels.arrow  a row a label that was approved: row of an item's first turn, turn (-1: of the whole item),
              field, label
centres.npy   (T, D) middles of the topics, to know them again
"""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from training.analysis.nearest import Floats, Ints

Words = NDArray[np.object_]
Mask = NDArray[np.bool_]
TURNS, LABELS, CENTRES = "turns.arrow", "labels.arrow", "centres.npy"
WHOLE = -1  # in the place of a turn


@dataclass(frozen=True, slots=True, eq=False)
class Turns:
    """N turns in the order of items and turns. at: seconds since 1970. length: characters (code points).

    topic: -1 for none, else a row of the analysis's topics. question: -1, or a row of its questions.
    """

    id: Words
    turn: Ints
    at: Ints
    length: Ints
    speaker: Words
    language: Words
    topic: Ints
    question: Ints
    x: Floats
    y: Floats

    def __len__(self) -> int:
        return len(self.id)

    def first_rows(self) -> Ints:
        """(I,) the row of the first turn of each item."""
        return (
            np.flatnonzero(np.r_[True, self.id[1:] != self.id[:-1]]) if len(self) else np.zeros(0, np.int64)
        )

    def item_of(self) -> Ints:
        """(N,) 0..I-1: which item each turn is of."""
        starts = np.zeros(len(self), dtype=np.int64)
        starts[self.first_rows()] = 1
        return np.cumsum(starts) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """M approved labels. item: 0..I-1, see Turns.item_of. turn: WHOLE where it is of the whole item."""

    item: Ints
    turn: Ints
    field: Words
    label: Words


def write(folder: Path, turns: Turns, labels: Labels, centres: Floats) -> None:
    """Into a folder that is there."""
    _write(folder / TURNS, turns)
    _write(folder / LABELS, labels)
    np.save(folder / CENTRES, centres)


def read(folder: Path) -> tuple[Turns, Labels]:
    """Raises FileNotFoundError where the files are gone."""
    return Turns(**_columns(folder / TURNS)), Labels(**_columns(folder / LABELS))


def read_centres(folder: Path) -> Floats:
    found: Floats = np.load(folder / CENTRES)
    return found


def _write(path: Path, rows: Turns | Labels) -> None:
    arrays = {field.name: _packed(getattr(rows, field.name)) for field in fields(rows)}
    table = pa.table(arrays)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def _packed(column: NDArray[np.generic]) -> pa.Array:
    """Words by number: an id stands once, however many turns the item has."""
    if column.dtype == np.object_:
        return pa.array(column, type=pa.string()).dictionary_encode()
    return pa.array(column)


def _columns(path: Path) -> dict[str, Any]:
    with pa.memory_map(str(path)) as source:
        table = pa.ipc.open_file(source).read_all()
    return {name: _unpacked(table.column(name)) for name in table.schema.names}


def _unpacked(column: pa.ChunkedArray) -> NDArray[np.generic]:
    if pa.types.is_dictionary(column.type):
        whole = column.combine_chunks()
        whole = whole if isinstance(whole, pa.Array) else whole.chunk(0)
        words = np.array(whole.dictionary.to_pylist(), dtype=np.object_)
        return words[whole.indices.to_numpy()] if len(words) else np.zeros(0, dtype=np.object_)
    return np.array(column.to_numpy())
