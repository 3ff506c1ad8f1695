"""When to stop asking: the replay by hand, and the figure that the product is chosen for."""

import pytest

from annotations.aggregation.stopping import Step, replay, replay_fixed
from local.bench.overlap_simulation import figures

CLEAR = [Step(0.7, 0.7, "a"), Step(0.92, 0.92, "a"), Step(0.97, 0.97, "a")]
TURNS = [Step(0.8, 0.8, "a"), Step(0.5, 0.5, "a"), Step(0.9, 0.9, "b")]
OPEN = [Step(0.4, 0.4, "a"), Step(0.6, 0.6, "a")]


def test_an_item_stops_at_the_first_answer_that_makes_it_sure():
    found = replay([CLEAR, TURNS, OPEN], confidence=0.9, least=1, most=5)
    assert found.answers == 2 + 3 + 2
    assert found.expected == pytest.approx((0.92 + 0.9 + 0.6) / 3)
    assert (found.same, found.short) == (1.0, 1)  # OPEN ran out of answers while still in doubt


def test_a_low_bar_stops_early_and_shows_what_it_costs():
    found = replay([CLEAR, TURNS, OPEN], confidence=0.7, least=1, most=5)
    assert (found.answers, found.short) == (1 + 1 + 2, 1)
    assert found.same == pytest.approx(2 / 3)  # TURNS would have come out otherwise


def test_the_least_and_the_most_bound_it():
    assert replay([CLEAR], confidence=0.6, least=3, most=5).answers == 3
    assert replay([CLEAR, TURNS], confidence=0.99, least=1, most=2).answers == 4
    assert replay([CLEAR, TURNS], confidence=0.99, least=1, most=2).short == 0
    assert replay([OPEN], confidence=0.9, least=4, most=5).answers == 2


def test_a_fixed_overlap_asks_everybody_alike():
    found = replay_fixed([CLEAR, TURNS, OPEN], 3)
    assert (found.answers, found.short) == (8, 1)
    assert replay_fixed([CLEAR, TURNS], 1).same == 0.5


def test_nothing_to_replay_is_no_error():
    assert replay([], confidence=0.9, least=1, most=3).answers == 0


@pytest.mark.slow
def test_asking_only_where_in_doubt_saves_two_fifths_of_the_answers():
    """Over 20 simulated crowds, against a vote of five of the same people; all answers are counted."""
    found = figures(seeds=20)
    assert found["adaptive_saved_low"] > 0.40
    assert found["adaptive_accuracy"] >= 0.95
    assert 0.94 <= found["vote_of_five_accuracy"] <= 0.96
    assert found["adaptive_stated"] == pytest.approx(found["adaptive_accuracy"], abs=0.01)
