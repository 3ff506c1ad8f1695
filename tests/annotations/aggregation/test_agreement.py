import time
from math import isclose
from random import Random

import numpy as np
import pytest

from annotations.aggregation.agreement import distance_alpha, krippendorff_alpha
from annotations.aggregation.judgments import Judgment
from annotations.aggregation.kappa import PairAgreement, cohen_kappa, fleiss_kappa, pairwise_agreement
from annotations.aggregation.span_agreement import pairwise_f1, span_agreement, span_f1

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


@pytest.mark.parametrize(("level", "value"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_at_each_level_as_published(level, value):
    """Krippendorff (2011), sections C to E: the same table at each level of measurement."""
    assert krippendorff_alpha(judged(FOUR), level=level).value == pytest.approx(value, abs=5e-4)


def ordinal_by_definition(rows):
    """Alpha from the coincidence matrix as the paper writes it down, number by number."""
    columns = [
        [int(x) for x in column if x != "."] for column in zip(*map(str.split, rows.values()), strict=True)
    ]
    columns = [column for column in columns if len(column) >= 2]
    values = sorted({x for column in columns for x in column})
    o = {(c, k): 0.0 for c in values for k in values}
    for column in columns:
        for i, c in enumerate(column):
            for j, k in enumerate(column):
                if i != j:
                    o[c, k] += 1 / (len(column) - 1)
    n = {c: sum(o[c, k] for k in values) for c in values}
    total = sum(n.values())

    def apart(c, k):
        low, high = sorted((c, k))
        return (sum(n[g] for g in values if low <= g <= high) - (n[c] + n[k]) / 2) ** 2

    observed = sum(o[c, k] * apart(c, k) for c in values for k in values)
    expected = sum(n[c] * n[k] * apart(c, k) for c in values for k in values)
    return 1 - (total - 1) * observed / expected


@pytest.mark.parametrize("seed", range(5))
def test_ordinal_alpha_is_the_papers_formula(seed):
    random = Random(seed)  # noqa: S311 - a simulation
    rows = {name: " ".join(random.choice("123457.") for _ in range(12)) for name in "ABC"}
    found = krippendorff_alpha(judged(rows), level="ordinal")
    assert found.value == pytest.approx(ordinal_by_definition(rows))
    assert found.low <= found.value <= found.high


def test_ten_comes_after_nine():
    """Numbers are put in order as numbers: as words 10 would stand next to 1."""
    near = {"A": "9 10 1 9 5", "B": "10 9 1 9 5"}
    far = {"A": "9 1 1 9 5", "B": "1 9 1 9 5"}
    for level in ("ordinal", "interval"):
        assert krippendorff_alpha(judged(near), level=level).value > 0.5
        assert krippendorff_alpha(judged(far), level=level).value < 0.5


def crowd_of(units, answers, seed=1):
    random = np.random.default_rng(seed)
    truth = random.integers(5, size=units)
    said = np.where(
        random.random((units, answers)) < 0.8, truth[:, None], random.integers(5, size=(units, answers))
    )
    workers = random.integers(200, size=(units, answers))
    return [
        Judgment(f"w{workers[unit, i]}-{i}", f"u{unit}", str(said[unit, i]))
        for unit in range(units)
        for i in range(answers)
    ]


def test_a_bootstrap_of_many_units_takes_seconds_and_is_as_wide_as_theory_says():
    judgments = crowd_of(100_000, 3)
    started = time.process_time()
    found = {
        level: krippendorff_alpha(judgments, level=level) for level in ("nominal", "ordinal", "interval")
    }
    assert time.process_time() - started < 15  # about 1.3 s for the three
    for alpha in found.values():
        assert alpha.low < alpha.value < alpha.high < alpha.low + 0.01
    # 1.96 standard errors to each side, and those shrink with the root of the number of units.
    small = krippendorff_alpha(crowd_of(1_000, 3))
    wide, narrow = small.high - small.low, found["nominal"].high - found["nominal"].low
    assert wide / narrow == pytest.approx(10, rel=0.2)


def test_the_interval_covers_the_true_alpha_about_as_often_as_it_says():
    """The true value is that of a very large crowd of the same kind."""
    true = krippendorff_alpha(crowd_of(50_000, 3)).value
    small = [krippendorff_alpha(crowd_of(150, 3, seed=seed), resamples=300) for seed in range(100, 180)]
    covered = sum(alpha.low <= true <= alpha.high for alpha in small) / len(small)
    assert 0.88 <= covered <= 1.0


def test_names_and_order_of_people_and_labels_do_not_matter():
    judgments = judged(FOUR)
    renamed = [
        Judgment({"A": "z", "B": "b", "C": "k", "D": "a"}[j.worker], j.unit, "abcde"[int(j.label) - 1])
        for j in judgments
    ]
    first = krippendorff_alpha(judgments)
    assert krippendorff_alpha(renamed[::-1]).value == pytest.approx(first.value)


def test_alpha_by_distance_is_nominal_alpha_where_the_distance_is():
    """With a distance of 0 or 1, and chance from all pairs, it comes out near the nominal value."""
    judgments = crowd_of(2_000, 3)
    units = {}
    for judgment in judgments:
        units.setdefault(judgment.unit, []).append(judgment.label)
    found = distance_alpha(list(units.values()), lambda a, b: float(a != b))
    nominal = krippendorff_alpha(judgments)
    assert found.value == pytest.approx(nominal.value, abs=0.02)
    assert (found.units, found.judgments) == (2_000, 6_000)
    assert found.high - found.low == pytest.approx(nominal.high - nominal.low, rel=0.25)


def test_alpha_by_distance_with_a_known_chance():
    units = [["ab", "ab"], ["ab", "ba"], ["ba", "ba", "ba"]]  # 0, 2 * 1 and 0 of 7 answers; chance 1/2
    found = distance_alpha(units, lambda a, b: float(a != b), by_chance=0.5)
    assert found.value == pytest.approx(1 - (2 / 7) / 0.5)
    assert distance_alpha([["ab", "ab"], ["x"]], lambda a, b: 0.0) is None
    assert distance_alpha([["a", "a"], ["a", "a"]], lambda a, b: float(a != b)).value == 1.0


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
        ("A", "B"): PairAgreement(2 / 3, 3, 0.0),
        ("B", "C"): PairAgreement(1.0, 1, None),
    }


@pytest.mark.parametrize(
    ("said", "kappa"),
    [
        # Two readers of 50 grant proposals (the usual textbook table): (.70 - .50) / (1 - .50).
        ({("yes", "yes"): 20, ("yes", "no"): 5, ("no", "yes"): 10, ("no", "no"): 15}, 0.4),
        # The same share of agreement with uneven habits: .60 observed, .54 and .46 by chance.
        ({("yes", "yes"): 45, ("yes", "no"): 15, ("no", "yes"): 25, ("no", "no"): 15}, 0.1304),
        ({("yes", "yes"): 25, ("yes", "no"): 35, ("no", "yes"): 5, ("no", "no"): 35}, 0.2593),
        ({("a", "b"): 5, ("b", "a"): 5}, -1.0),
        ({("a", "a"): 5, ("b", "b"): 5}, 1.0),
        ({("a", "a"): 5}, None),
        ({}, None),
    ],
)
def test_cohens_kappa_as_published(said, kappa):
    assert cohen_kappa(said) == (None if kappa is None else pytest.approx(kappa, abs=5e-5))


# Ten subjects, fourteen raters, five categories: how often each category was given (kappa .210).
FLEISS = """0 0 0 0 14 / 0 2 6 4 2 / 0 0 3 5 6 / 0 3 9 2 0 / 2 2 8 1 1
 / 7 7 0 0 0 / 3 2 6 3 0 / 2 5 3 2 2 / 6 5 2 1 0 / 0 2 2 3 7"""


def test_fleiss_kappa_as_published():
    judgments = []
    for subject, row in enumerate(FLEISS.split("/")):
        labels = [label for label, count in enumerate(row.split()) for _ in range(int(count))]
        judgments += [Judgment(f"r{i}", f"s{subject}", str(label)) for i, label in enumerate(labels)]
    assert fleiss_kappa(judgments) == pytest.approx(0.210, abs=5e-4)


@pytest.mark.parametrize("rows", [{}, {"A": "x y z"}, {"A": "x x", "B": "x x"}])
def test_no_fleiss_kappa_where_it_says_nothing(rows):
    assert fleiss_kappa(judged(rows)) is None


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


def test_span_agreement_has_an_interval_over_items():
    agree, differ = [frozenset("a"), frozenset("a")], [frozenset("a"), frozenset("b")]
    few, many = pairwise_f1([agree, differ] * 10), pairwise_f1([agree, differ] * 1000)
    assert few.value == many.value == 0.5
    assert few.low < many.low < 0.5 < many.high < few.high
    assert pairwise_f1([agree, [frozenset(), frozenset()]]).items == 1
    assert pairwise_f1([]) is None and pairwise_f1([[frozenset("a")]]) is None
