from math import isclose

import pytest

from annotations.aggregation.agreement import (
    PairAgreement,
    krippendorff_alpha,
    pairwise_agreement,
    span_agreement,
    span_f1,
)
from annotations.aggregation.judgments import Judgment

# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability": section B, two observers and two values
# (alpha 0.095), section C, nominal data of four observers with missing values (alpha 0.743).
FOUR = {
    "A": "1 2 3 3 2 1 4 1 2 . . .",
    "B": "1 2 3 3 2 2 4 1 2 5 . 3",
    "C": ". 3 3 3 2 3 4 2 2 5 1 .",
    "D": "1 2 3 3 2 4 4 1 2 5 1 .",
}


def judged(rows: dict[str, str]) -> list[Judgment]:
    return [
        Judgment(worker, f"u{place:02d}", label)
        for worker, labels in rows.items()
        for place, label in enumerate(labels.split())
        if label != "."
    ]


def test_alpha_of_two_observers_as_published():
    rows = {"A": "0 1 0 0 0 0 0 0 1 0", "B": "1 1 1 0 0 1 0 0 0 0"}
    alpha = krippendorff_alpha(judged(rows))
    assert alpha.value == pytest.approx(0.095, abs=5e-4)
    assert (alpha.units, alpha.judgments) == (10, 20)


def test_alpha_of_four_observers_with_gaps_as_published():
    alpha = krippendorff_alpha(judged(FOUR))
    assert alpha.value == pytest.approx(0.743, abs=5e-4)
    assert (alpha.units, alpha.judgments) == (11, 40)


def test_the_interval_holds_the_value_and_is_the_same_every_time():
    first, second = krippendorff_alpha(judged(FOUR)), krippendorff_alpha(judged(FOUR))
    assert first == second
    assert first.low < first.value < first.high
    assert krippendorff_alpha(judged(FOUR), seed=1) != first


def test_more_units_narrow_the_interval():
    many = [
        judgment._replace(unit=f"{judgment.unit}-{copy}") for judgment in judged(FOUR) for copy in range(25)
    ]
    few, lots = krippendorff_alpha(judged(FOUR)), krippendorff_alpha(many)
    assert (lots.high - lots.low) < (few.high - few.low) / 3


def test_units_of_one_group_are_drawn_together():
    """Copies of a unit within a dialogue tell nothing new, so the interval must not shrink."""
    many = [
        judgment._replace(unit=f"{judgment.unit}-{copy}") for judgment in judged(FOUR) for copy in range(25)
    ]
    few = krippendorff_alpha(judged(FOUR))
    grouped = krippendorff_alpha(many, group=lambda unit: unit.split("-")[0])
    alone = krippendorff_alpha(many)
    assert grouped.value == pytest.approx(alone.value)
    assert grouped.high - grouped.low == pytest.approx(few.high - few.low, rel=0.25)


@pytest.mark.parametrize(
    ("rows", "alpha"),
    [
        ({"A": "x y x y", "B": "x y x y"}, 1.0),
        ({"A": "x x", "B": "x x"}, 1.0),  # no variation: nothing to disagree on
        ({"A": "x y", "B": "y x"}, -0.5),  # 1 - (4 - 1) * 4 / (16 - 8)
    ],
)
def test_alpha_by_hand(rows, alpha):
    assert krippendorff_alpha(judged(rows)).value == pytest.approx(alpha)


@pytest.mark.parametrize("rows", [{}, {"A": "x y z"}, {"A": "x y", "B": ". y"}])
def test_no_alpha_without_two_units_judged_twice(rows):
    assert krippendorff_alpha(judged(rows)) is None


def test_pairs_agree_on_what_both_judged():
    rows = {"A": "x y x .", "B": "x x x y", "C": ". . . y"}
    assert pairwise_agreement(judged(rows)) == {
        ("A", "B"): PairAgreement(2 / 3, 3),
        ("B", "C"): PairAgreement(1.0, 1),
    }


def mark(start, end, label="q", turn=0):
    return {"turn": turn, "start": start, "end": end, "label": label}


@pytest.mark.parametrize(
    ("a", "b", "f1"),
    [
        ([], [], 1.0),
        ([mark(0, 3)], [], 0.0),
        ([mark(0, 3)], [mark(0, 3)], 1.0),
        ([mark(0, 3)], [mark(0, 4)], 0.0),
        ([mark(0, 3)], [mark(0, 3, "a")], 0.0),
        ([mark(0, 3)], [mark(0, 3, turn=1)], 0.0),
        ([mark(0, 3), mark(5, 8)], [mark(0, 3)], 2 / 3),
    ],
)
def test_span_f1(a, b, f1):
    assert isclose(span_f1(a, b), f1)


def test_span_agreement_is_micro_f1_over_all_pairs():
    first = [[mark(0, 3)], [mark(0, 3)], [mark(1, 3)]]  # 3 pairs, one agrees: 1 shared of (2 + 2 + 2) / 2
    second = [[], [mark(0, 3)]]
    assert span_agreement([first, second]) == pytest.approx(2 * 1 / (6 + 1))
    assert span_agreement([[[], []], [[]]]) is None
