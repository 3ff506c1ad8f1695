"""The promise: what it takes, that it holds, and that nothing gets past it."""

import math
from uuid import UUID, uuid4

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from applications.social_content.floor import (
    GRID,
    InForce,
    Judged,
    Terms,
    Verdict,
    binomial_at_most,
    choose,
    may_be_shown,
    measure,
)
from applications.social_content.ranking import Candidate, Weights, newest_first, rank

VERSION = UUID(int=1)
ENGLISH = frozenset({"en", "script:latin"})
FLOOR = InForce(VERSION, 0.9, ENGLISH)
any_number = st.floats(allow_nan=True, allow_infinity=True)
verdicts = st.builds(
    Verdict, score=st.none() | any_number, version=st.sampled_from([None, VERSION, UUID(int=2)]),
    decided=st.sampled_from([None, True, False]),
    tongues=st.none() | st.frozensets(st.sampled_from(["en", "script:latin", "zh", "script:cjk"])),
)  # fmt: skip
candidates = st.builds(
    Candidate, id=st.uuids(), verdict=verdicts, age=any_number, similarity=any_number,
    match=st.none() | any_number, boost=any_number,
)  # fmt: skip
weights = st.builds(
    Weights, match=any_number, similarity=any_number, recency=any_number, half_life=any_number,
    diversity=any_number,
)  # fmt: skip


def is_safe(one: Candidate, floor: InForce | None) -> bool:
    """The rule once more, in other words than the code's."""
    verdict = one.verdict
    if verdict.decided is False:
        return False
    if verdict.decided is True:
        return True
    return (
        floor is not None
        and verdict.version == floor.version
        and verdict.score is not None
        and not math.isnan(verdict.score)
        and not verdict.score < floor.threshold
        and verdict.tongues is not None
        and not any(one not in floor.tongues for one in verdict.tongues)
    )


@settings(max_examples=400, deadline=None)
@given(
    st.lists(candidates, max_size=12), weights, st.sampled_from([None, FLOOR]),
    st.integers(min_value=0, max_value=20), st.booleans(),
)  # fmt: skip
def test_no_weight_boost_or_setting_shows_an_unsafe_post(found, said, floor, count, with_vectors) -> None:
    vectors = {one.id: np.ones(4, dtype=np.float32) / 2 for one in found} if with_vectors else None
    shown = rank(found, floor=floor, weights=said, count=count, vectors=vectors)
    shown += newest_first(found, floor=floor, count=count)
    assert all(is_safe(one.candidate, floor) for one in shown)


@settings(max_examples=100, deadline=None)
@given(st.lists(candidates, max_size=12), weights)
def test_every_safe_post_can_still_be_shown(found, said) -> None:
    shown = {one.candidate.id for one in rank(found, floor=FLOOR, weights=said, count=len(found))}
    assert shown == {one.id for one in found if is_safe(one, FLOOR)}


@pytest.mark.parametrize(
    ("verdict", "floor", "shown"),
    [
        (Verdict(0.99, VERSION, tongues=ENGLISH), FLOOR, True),
        (Verdict(0.9, VERSION, tongues=ENGLISH), FLOOR, True),
        (Verdict(0.99, VERSION, tongues=frozenset()), FLOOR, True),  # no letter in it
        (Verdict(0.99, VERSION, tongues=frozenset({"zh", "script:cjk"})), FLOOR, False),
        (Verdict(0.99, VERSION, tongues=ENGLISH | {"script:cjk"}), FLOOR, False),
        (Verdict(0.99, VERSION), FLOOR, False),
        (Verdict(0.8999, VERSION, tongues=ENGLISH), FLOOR, False),
        (Verdict(None, None), FLOOR, False),
        (Verdict(math.nan, VERSION, tongues=ENGLISH), FLOOR, False),
        (Verdict(1.0, VERSION, tongues=ENGLISH), None, False),
        (Verdict(1.0, UUID(int=2), tongues=ENGLISH), FLOOR, False),
        (Verdict(1.0, VERSION, decided=False), FLOOR, False),
        (Verdict(0.0, VERSION, decided=True), FLOOR, True),
        (Verdict(None, None, decided=True), None, True),
    ],
)
def test_all_doubt_hides(verdict: Verdict, floor: InForce | None, shown: bool) -> None:
    assert may_be_shown(verdict, floor) is shown


@pytest.mark.parametrize(
    ("hits", "of", "share"), [(0, 59, 0.05), (3, 200, 0.01), (7, 20, 0.3), (20, 20, 0.5)]
)
def test_the_binomial_tail_by_the_book(hits: int, of: int, share: float) -> None:
    assert binomial_at_most(hits, of, share) == pytest.approx(binom.cdf(hits, of, share), rel=1e-9)


def judged(safe: int, unsafe: int, score: float = 0.9995) -> list[Judged]:
    return [Judged(score, True)] * safe + [Judged(score, False)] * unsafe


def test_too_few_posts_promise_nothing_and_say_how_many_are_missing() -> None:
    terms = Terms(wanted=0.99)
    choice = choose(judged(100, 0), terms)
    assert terms.fewest == 408 and choice.threshold is None and choice.missing == 308
    assert choose(judged(100 + choice.missing, 0), terms).threshold is not None
    assert choose(judged(100 + choice.missing - 1, 0), terms).threshold is None


def test_with_an_unsafe_one_among_them_more_are_missing() -> None:
    choice = choose(judged(100, 1), Terms(wanted=0.95))
    assert choice.threshold is None and choice.missing > Terms(0.95).fewest - 100
    assert choose(judged(100 + choice.missing, 1), Terms(wanted=0.95)).threshold is not None


def test_nothing_at_all_promises_nothing() -> None:
    choice = choose([], Terms(wanted=0.95))
    assert choice.threshold is None and choice.missing == Terms(0.95).fewest
    assert all(one.low == 0.0 and not one.promised for one in choice.tested)


def test_the_loosest_threshold_that_keeps_the_promise_is_taken() -> None:
    rows = judged(150, 0, 0.9995) + judged(100, 0, 0.85) + judged(40, 40, 0.75)
    assert choose(rows, Terms(wanted=0.95)).threshold == 0.8


def test_what_is_promised_is_what_the_exact_bound_allows() -> None:
    for one in choose(judged(200, 2), Terms(wanted=0.95)).tested:
        assert one.promised is (one.low >= 0.95) is True


def test_a_floor_is_measured_on_what_it_shows_and_hides() -> None:
    rows = judged(8, 2, 0.95) + judged(1, 9, 0.2)
    found = measure(rows, 0.9)
    assert (found.precision.hits, found.precision.of) == (8, 10)
    assert (found.hidden.hits, found.hidden.of) == (1, 9)
    assert (found.caught.hits, found.caught.of) == (9, 11)
    assert measure([], 0.5).precision.value is None and measure([], 0.5).precision.interval.low == 0.0


def test_the_promise_is_broken_no_more_often_than_it_says() -> None:
    """Many sets of calibration posts of one world, in which the share of safe posts by score is known."""
    draw = np.random.default_rng(5)
    terms, broken, kept, trials = Terms(wanted=0.95, confidence=0.9), 0, 0, 120
    for _trial in range(trials):
        scores = draw.random(800) ** 0.1
        safe = draw.random(800) < safe_at(scores)
        rows = [Judged(float(score), bool(one)) for score, one in zip(scores, safe, strict=True)]
        threshold = choose(rows, terms).threshold
        if threshold is not None:
            kept += 1
            broken += precision_above(threshold) < terms.wanted
    assert kept > trials / 4  # or the test would say nothing
    assert broken / trials <= 0.1


def safe_at(scores):
    return 1 - 1.12 * (1 - scores)


def precision_above(threshold: float) -> float:
    """By integrating over so many scores that it is the truth."""
    scores = np.linspace(0, 1, 20_001) ** 0.1
    return float(np.mean(safe_at(scores[scores >= threshold])))


def test_the_grid_is_from_strict_to_loose() -> None:
    assert list(GRID) == sorted(GRID, reverse=True)


def test_diversity_moves_what_resembles_apart() -> None:
    first, twin, other = uuid4(), uuid4(), uuid4()
    safe = Verdict(1.0, VERSION, tongues=ENGLISH)
    found = [Candidate(first, safe, similarity=0.9), Candidate(twin, safe, similarity=0.89),
             Candidate(other, safe, similarity=0.5)]  # fmt: skip
    near, far = np.array([1, 0], dtype=np.float32), np.array([0, 1], dtype=np.float32)
    vectors = {first: near, twin: near, other: far}
    plain = rank(found, floor=FLOOR, weights=Weights(), count=3, vectors=vectors)
    mixed = rank(found, floor=FLOOR, weights=Weights(diversity=0.6), count=3, vectors=vectors)
    assert [one.candidate.id for one in plain] == [first, twin, other]
    assert [one.candidate.id for one in mixed] == [first, other, twin]
