"""Bounds against published and hand-computed values."""

import pytest

from privacy.pii.intervals import Interval, Stratum, clopper_pearson, poisson, stratified, wilson


@pytest.mark.parametrize(
    ("bounds", "low", "high"),
    [
        (wilson(0, 10), 0.0, 0.2775),
        (wilson(8, 10), 0.4902, 0.9433),
        (wilson(0, 0), 0.0, 1.0),
        (clopper_pearson(0, 20), 0.0, 0.1684),
        (clopper_pearson(3, 10), 0.0667, 0.6525),
        (clopper_pearson(10, 10), 0.6915, 1.0),
        (poisson(0), 0.0, 3.6889),
        (poisson(0, confidence=0.90), 0.0, 2.9957),
        (poisson(5), 1.6235, 11.6683),
        (poisson(100), 81.3640, 121.6266),
    ],
)
def test_bounds_are_those_of_the_tables(bounds: Interval, low: float, high: float) -> None:
    assert (bounds.low, bounds.high) == (pytest.approx(low, abs=2e-4), pytest.approx(high, abs=2e-4))


def test_strata_are_weighed_by_their_size_and_not_by_what_was_read() -> None:
    """Half of 100 read in a stratum of 900 with nothing, all the misses in a small one."""
    found = stratified([Stratum(900, 50, 0, 0), Stratum(100, 50, 10, 5)])
    assert found is not None
    assert found.per_thousand == pytest.approx(20.0)
    assert found.share == pytest.approx(0.01)
    assert found.interval.low < 20 < found.interval.high


def test_nothing_missed_in_n_texts_still_leaves_about_three_in_n() -> None:
    found = stratified([Stratum(5000, 300, 0, 0)])
    assert found is not None and found.per_thousand == 0
    assert found.interval.high == pytest.approx(1000 * 3.6889 / 300, rel=1e-3)


def test_what_was_not_read_is_not_estimated() -> None:
    assert stratified([Stratum(10, 5, 0, 0), Stratum(10, 0, 0, 0)]) is None
    assert stratified([]) is None
