"""What came of each tested unit, so that every figure, and that of any slice, is a sum over rows.

A unit is what one answer is about: a whole item, or one turn of it where the field asks about turns.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from training.engine.errors import EngineError
from training.engine.metrics import Report, table

SCHEMA = pa.schema([
    ("id", pa.string()), ("group", pa.string()), ("turn", pa.int32()), ("speaker", pa.string()),
    ("characters", pa.int32()), ("units", pa.int32()), ("right", pa.float64()),
    ("truth", pa.list_(pa.string())), ("predicted", pa.list_(pa.string())), ("hits", pa.list_(pa.string())),
    ("confidence", pa.float64()), ("loss", pa.float64()), ("value", pa.string()),
])  # fmt: skip
FILE = "outcomes.arrow"
Losses = Mapping[tuple[int, int], float]  # by row number and turn (0 for whole items)
_BATCH_ROWS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One unit of one test row.

    id, group: the row's. turn: None for a whole item; then `speaker` is None too. characters: length of the
    text that was judged. right out of `units` decisions were right (words of a turn, compared pairs of a
    ranking, 1 for a label), so accuracy is sum(right) / sum(units). truth, predicted, hits: labels, one entry
    for each true, predicted and rightly predicted one (a turn with two true spans has two entries); a blank
    has none. So the F1 of a label follows from how often it stands in each of the three. confidence: of the
    answer about this unit. loss: mean plain loss of its decisions. value: the whole row's answer as it was
    predicted, the same in all of the row's units.
    """

    id: str
    group: str = ""
    turn: int | None = None
    speaker: str | None = None
    characters: int = 0
    units: int = 1
    right: float = 0.0
    truth: tuple[str, ...] = ()
    predicted: tuple[str, ...] = ()
    hits: tuple[str, ...] = ()
    confidence: float = 1.0
    loss: float | None = None
    value: Any = None

    @property
    def wrong(self) -> bool:
        """Whether anything about it was not right."""
        return self.right < self.units or len(self.hits) < max(len(self.truth), len(self.predicted))


def totals(outcomes: Iterable[Outcome], labels: Sequence[str]) -> Report:
    """The report that these units give together: labels, micro, macro, weighted, accuracy, units."""
    hits, predicted, truth = Counter[str](), Counter[str](), Counter[str]()
    units, right = 0, 0.0
    for outcome in outcomes:
        hits.update(outcome.hits)
        predicted.update(outcome.predicted)
        truth.update(outcome.truth)
        units, right = units + outcome.units, right + outcome.right
    report = table(hits, predicted, truth, labels)
    return {**report, "accuracy": right / units if units else 0.0, "units": units}


def write_outcomes(path: Path, outcomes: Iterable[Outcome]) -> None:
    """One Arrow IPC file, a row for each unit."""
    rows = [{**asdict(outcome), "value": _dump(outcome.value)} for outcome in outcomes]
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, SCHEMA) as writer:
        for begin in range(0, len(rows), _BATCH_ROWS):
            part = rows[begin : begin + _BATCH_ROWS]
            writer.write_batch(pa.RecordBatch.from_pylist(part, schema=SCHEMA))


def read_outcomes(path: Path) -> Iterator[Outcome]:
    """The units of a file of `write_outcomes`. Raises EngineError when it is absent or broken."""
    with _opened(path) as reader:
        for index in range(reader.num_record_batches):
            for record in reader.get_batch(index).to_pylist():
                yield _from_record(record)


def read_mistakes(path: Path) -> list[Outcome]:
    """The units that are not right, those first that the model was surest about: by loss, then confidence.

    Which they are is found in columns, so that of a million units only the wrong ones become objects.
    """
    with _opened(path) as reader:
        table_ = reader.read_all()
    lengths = [pc.list_value_length(table_[name]) for name in ("hits", "truth", "predicted")]
    most = pc.max_element_wise(lengths[1], lengths[2])
    mask = pc.or_(pc.less(table_["right"], table_["units"]), pc.less(lengths[0], most))
    found = [_from_record(record) for record in table_.filter(mask).to_pylist()]
    return sorted(found, key=lambda one: (-(one.loss or 0.0), -one.confidence, one.id, one.turn or 0))


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with pa.memory_map(str(path)) as source:
            yield pa.ipc.open_file(source)
    except FileNotFoundError:
        raise EngineError(f"{path} does not exist.") from None
    except (pa.ArrowInvalid, TypeError, ValueError) as error:
        raise EngineError(f"{path} holds no outcomes: {error}.") from None


def _from_record(record: Mapping[str, Any]) -> Outcome:
    lists = {name: tuple(record[name] or ()) for name in ("truth", "predicted", "hits")}
    return Outcome(**{**record, **lists, "value": json.loads(record["value"])})


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
