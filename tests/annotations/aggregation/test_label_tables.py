from datetime import UTC, datetime, timedelta

import pytest

from annotations.aggregation.judgments import Judgment
from annotations.aggregation.label_tables import LabelAgreement, Recall, by_label, confusion, recalls
from annotations.aggregation.timeline import FEWEST, parts_of


def judged(*rows):
    return [
        Judgment(worker, unit, label)
        for unit, labels in rows
        for worker, label in zip("abc", labels, strict=False)
    ]


def test_each_label_by_hand():
    found = by_label(judged(("u", ["x", "x", "y"]), ("v", ["x", "y"]), ("w", ["z"])))
    # x: 3 of 6; with somebody beside them 2 + 2 + 1 times, of which another said x 1 + 1 times.
    assert found["x"] == LabelAgreement(0.5, 2 / 5, 3)
    assert found["y"] == LabelAgreement(2 / 6, 0.0, 2)
    assert found["z"] == LabelAgreement(1 / 6, None, 1)
    assert by_label([]) == {}


def test_parts_of_spans_and_yes_or_no_are_read_as_labels():
    found = by_label(judged(("0:0:3", ["B-q", "I-q", "O"]), ("3:refund", ["yes", "no", "yes"])))
    assert found["q"].judgments == 2 and found["refund"].judgments == 2 and found[""].judgments == 2
    assert found["q"].agreement == 0.5 and found["refund"].agreement == 0.5


def test_what_is_taken_for_what():
    said = judged(("u", ["x", "y"]), ("v", ["y", "y"]), ("w", ["z", "z"]))
    counts = confusion(said, judged(("u", ["x"]), ("v", ["y"])))
    assert counts == {("x", "x"): 1, ("x", "y"): 1, ("y", "y"): 2}
    assert recalls(counts) == {"x": Recall(0.5, 1.0), "y": Recall(1.0, 2 / 3)}
    assert recalls({("x", "z"): 1}) == {"x": Recall(0.0, None), "z": Recall(None, 0.0)}


START = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday


def times(*counts, every=timedelta(days=1)):
    return {
        f"{day}-{n:03d}": START + day * every + timedelta(minutes=n)
        for day, count in enumerate(counts)
        for n in range(count)
    }


def test_by_day_with_gaps_where_few_came():
    step, parts = parts_of(times(20, 3, 15, 10))
    assert step == "day" and [len(part.items) for part in parts] == [20, 15, 10]
    assert [part.start.day for part in parts] == [2, 4, 5] and parts[0].end == START + timedelta(minutes=19)


def test_more_than_a_month_goes_by_week():
    step, parts = parts_of(times(*[4] * 40))
    assert step == "week" and [len(part.items) for part in parts] == [28] * 5 + [20]


@pytest.mark.parametrize(("count", "sizes"), [(FEWEST * 2 - 1, []), (45, [11, 11, 12, 11]), (400, [50] * 8)])
def test_one_day_goes_in_equal_parts_of_what_came(count, sizes):
    step, parts = parts_of(times(count, every=timedelta(0)))
    assert step == "count" and sorted(len(part.items) for part in parts) == sorted(sizes)
    assert [item for part in parts for item in part.items] == (
        [f"0-{n:03d}" for n in range(count)] if sizes else []
    )


def test_nothing_in_no_time():
    assert parts_of({}) == ("count", [])
