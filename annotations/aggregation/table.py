"""Truth from a file of anybody's labels: the work behind the `aggregate` command, without a database."""

import csv
import gzip
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotations.aggregation.inference import METHODS, Inference, TooManyLabels, infer
from annotations.aggregation.judgments import Judgment

# GLAD has a difficulty per task and optimises all of them at once: minutes for this many judgments.
MOST_FOR_GLAD = 30_000
_LONGEST_LINE = 100_000  # bytes, a little below csv's own limit for a cell


class BadTable(ValueError):
    """A file cannot be read as a table of labels; the message names the file and the line."""


@dataclass(frozen=True, slots=True)
class Score:
    """How a method does against known truth. `correct` is None where it was left out, and `note` says why."""

    method: str
    correct: int | None
    compared: int
    seconds: float
    note: str = ""

    @property
    def accuracy(self) -> float | None:
        return self.correct / self.compared if self.correct is not None and self.compared else None


def read_judgments(path: Path) -> list[Judgment]:
    """Columns task, worker, label, in any order, others ignored; .csv or .tsv, either also .gz."""
    rows = _read_rows(path, ("task", "worker", "label"))
    judgments = [Judgment(worker=worker, unit=task, label=label) for task, worker, label in rows]
    if not judgments:
        raise BadTable(f"{path}: there are no labels below the header.")
    return judgments


def read_truth(path: Path) -> dict[str, str]:
    """Columns task, label; raises BadTable where a task has two different truths."""
    truth: dict[str, str] = {}
    for number, (task, label) in enumerate(_read_rows(path, ("task", "label")), start=2):
        if truth.setdefault(task, label) != label:
            raise BadTable(f"{path}, row {number}: the task {task!r} has another true label above.")
    return truth


def write_truth(path: Path, inference: Inference) -> int:
    """Columns task, label, confidence. A file that is at `path` already is replaced only by a whole one."""
    part = path.with_name(f".{path.name}.part")
    try:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(part, "wt", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=_delimiter(path), lineterminator="\n")
            writer.writerow(["task", "label", "confidence"])
            for task, posterior in inference.posterior.items():
                label = likeliest_label(posterior)
                writer.writerow([task, label, f"{posterior[label]:.4f}"])
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise BadTable(f"{path}: cannot be written ({error.strerror}).") from error
    return len(inference.posterior)


def score_methods(
    judgments: Sequence[Judgment],
    truth: Mapping[str, str],
    methods: Sequence[str] = METHODS,
    *,
    always: str | None = None,
) -> Iterator[Score]:
    """Each method's accuracy on the tasks that have labels and a truth, one by one as they finish.

    A method that would take too long is left out, unless it is `always`.
    """
    for method in methods:
        if method == "glad" and method != always and len(judgments) > MOST_FOR_GLAD:
            note = f"left out above {MOST_FOR_GLAD} labels; ask for it with --method glad"
            yield Score(method, None, 0, 0.0, note)
            continue
        start = time.perf_counter()
        try:
            inference = infer(judgments, method=method)
        except TooManyLabels as refusal:
            yield Score(method, None, 0, 0.0, str(refusal))
            continue
        yield score(method, inference, truth, time.perf_counter() - start)


def score(method: str, inference: Inference, truth: Mapping[str, str], seconds: float = 0.0) -> Score:
    """How many of the tasks in `truth` that were judged come out right."""
    judged = [task for task in truth if task in inference.posterior]
    correct = sum(likeliest_label(inference.posterior[task]) == truth[task] for task in judged)
    return Score(method, correct, len(judged), seconds)


def likeliest_label(posterior: Mapping[str, float]) -> str:
    """Of equals the first by name, since posteriors hold their labels in sorted order."""
    return max(posterior, key=posterior.__getitem__)


def _read_rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    reader = csv.reader(_lines(path), delimiter=_delimiter(path), strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        missing = [name for name in columns if name not in header]
        if missing:
            found = ", ".join(header) or "nothing"
            raise BadTable(f"{path}, line 1: no column {' and no column '.join(missing)}; found {found}.")
        places = [header.index(name) for name in columns]
        for row in reader:
            if row:
                yield _cells(row, places, columns, f"{path}, line {reader.line_num}")
    except csv.Error as error:
        raise BadTable(f"{path}, line {reader.line_num}: {error}.") from error


def _cells(row: list[str], places: list[int], columns: tuple[str, ...], where: str) -> tuple[str, ...]:
    if len(row) <= max(places):
        raise BadTable(f"{where}: only {len(row)} columns.")
    cells = tuple(row[place].strip() for place in places)
    if not all(cells):
        raise BadTable(f"{where}: the {columns[cells.index('')]} is empty.")
    return cells


def _lines(path: Path) -> Iterator[str]:
    """Decoded line by line, so that mistakes have line numbers and no single line can fill the memory."""
    number = 0
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
            while line := file.readline(_LONGEST_LINE + 1):
                number += 1
                if len(line) > _LONGEST_LINE:
                    raise BadTable(f"{path}, line {number}: longer than {_LONGEST_LINE} bytes.")
                # Spreadsheets put a byte order mark in front.
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise BadTable(f"{path}, line {number}: not UTF-8 ({error.reason}).") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BadTable(f"{path}, line {number + 1}: the gzip file is damaged ({error}).") from error
    except OSError as error:
        raise BadTable(f"{path}: {error.strerror}.") from error


def _delimiter(path: Path) -> str:
    return "\t" if ".tsv" in path.suffixes else ","
