from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from training.analysis import rows
from training.analysis.courses import flows, paths, places, shares
from training.analysis.distributions import DAY, MONTH, WEEK, histogram, periods, round_step


def test_shares_by_place_add_up() -> None:
    where = places(np.array([0, 1, 2, 3, 0]), np.array([4, 4, 4, 4, 1]))
    counts, share = shares(where, np.array([0, 0, 1, 1, 1]), 2, parts=2)
    assert counts.tolist() == [[2, 1], [0, 2]]
    assert share[0] == pytest.approx([2 / 3, 1 / 3])
    assert share.sum(axis=1) == pytest.approx([1, 1])


def test_a_part_without_labels_has_no_shares() -> None:
    _, share = shares(np.array([0.0]), np.array([0]), 1, parts=3)
    assert share.tolist() == [[1], [0], [0]]


def test_paths_leave_out_repeats_and_name_an_example() -> None:
    dialogues = [["angry"], ["angry", "angry", "calm"], ["calm", "calm"], ["angry", "calm", "calm"]]
    found = [(path.labels, path.dialogues, path.example) for path in paths(dialogues)]
    assert found == [(("angry", "calm"), 2, 1), (("calm",), 1, 2)]


def test_a_long_path_is_told_by_beginning_and_end() -> None:
    [path] = paths([list("abcdefgh")], longest=5)
    assert path.labels == ("a", "b", "c", "…", "h")


def test_flows_are_from_the_first_to_the_last() -> None:
    assert flows([["a", "b", "c"], ["a", "c"], ["c"], ["b", "b"]]) == [("a", "c", 2), ("b", "b", 1)]


@pytest.mark.parametrize(("least", "step"), [(0.01, 1), (1, 1), (1.2, 2), (3, 5), (7, 10), (51, 100)])
def test_steps_are_round(least: float, step: int) -> None:
    assert round_step(least) == step


def test_every_value_is_counted_once() -> None:
    values = np.array([*range(200), 100_000])
    found = histogram(values)
    assert sum(found.counts) + found.beyond == len(values)
    assert found.beyond >= 1
    assert len(found.counts) <= 26
    assert histogram(np.zeros(0, dtype=np.int64)).counts == []


@pytest.mark.parametrize(
    ("first", "last", "unit", "begin", "many"),
    [
        ("2026-03-01", "2026-03-03", DAY, date(2026, 3, 1), 3),
        ("2026-01-01", "2026-06-01", WEEK, date(2025, 12, 29), 23),
        ("2024-11-30", "2026-02-01", MONTH, date(2024, 11, 1), 16),
    ],
)
def test_times_are_told_in_units_that_fit(first: str, last: str, unit: str, begin: date, many: int) -> None:
    times = [int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) for day in (first, last)]
    found = periods(np.array(times))
    assert (found.unit, found.starts[0], len(found.starts)) == (unit, begin, many)
    assert found.place.tolist() == [0, many - 1]


def test_rows_come_back_as_they_were_written(tmp_path: Path) -> None:
    numbers = np.array([0, 1, 0])
    turns = rows.Turns(
        id=np.array(["a", "a", "b"], object), turn=numbers, at=numbers, length=numbers,
        speaker=np.array(["x", "", "x"], object), language=np.array(["en"] * 3, object), topic=numbers - 1,
        question=numbers, x=numbers.astype(np.float32), y=numbers.astype(np.float32),
    )  # fmt: skip
    nothing = np.zeros(0, dtype=np.int64)
    labels = rows.Labels(nothing, nothing, np.zeros(0, object), np.zeros(0, object))
    rows.write(tmp_path, turns, labels, np.eye(2, dtype=np.float32))
    again, none = rows.read(tmp_path)
    assert again.id.tolist() == ["a", "a", "b"]
    assert again.topic.tolist() == [-1, 0, -1]
    assert again.first_rows().tolist() == [0, 2]
    assert again.item_of().tolist() == [0, 0, 1]
    assert len(none.label) == 0
    assert rows.read_centres(tmp_path).shape == (2, 2)
