"""Time and cost of a whole project from a few measured answers."""

import numpy as np
import pytest

from tasks_app.designer.estimating import (
    Work,
    count_words,
    estimate,
    guess_pace,
    measure_pace,
)

WORK = Work(items=100, least=3, most=5, gold_share=0.0, reward_minor=10)


def test_equal_seconds_leave_no_doubt():
    pace = measure_pace({"a": [20.0] * 6, "b": [20.0] * 6})
    assert pace is not None
    assert (pace.median.low, pace.median.value, pace.median.high) == (20, 20, 20)
    assert (pace.answers, pace.people) == (12, 2)


def test_the_interval_covers_the_true_median_about_as_often_as_it_says():
    """200 pilots of 30 answers from a known, skewed law: 95 % intervals, so 90 to 99 in 100 are fine."""
    random = np.random.default_rng(1)
    hits = 0
    for _ in range(200):
        pace = measure_pace({"one": list(np.exp(random.normal(3, 0.6, size=30)))})
        assert pace is not None
        hits += pace.median.low <= np.exp(3) <= pace.median.high
    assert 180 <= hits <= 198


def test_people_who_differ_widen_the_interval():
    """Eight people of their own pace say less than as many answers by people who are all alike."""
    random = np.random.default_rng(2)
    own = {str(n): list(10.0 * (n + 1) + random.normal(0, 1, size=20)) for n in range(8)}
    mixed = random.permutation(np.concatenate(list(own.values()))).reshape(8, 20)
    alike = {str(n): list(row) for n, row in enumerate(mixed)}
    by_people, by_answers = measure_pace(own), measure_pace(alike)
    assert by_people is not None
    assert by_answers is not None
    wide = by_people.mean.high - by_people.mean.low
    assert wide > 1.5 * (by_answers.mean.high - by_answers.mean.low)


def test_nothing_measured_is_no_pace():
    assert measure_pace({}) is None
    assert measure_pace({"a": []}) is None


def test_the_whole_is_answers_times_pay_and_mean_seconds():
    pace = measure_pace({"a": [10.0, 10, 10, 10, 60]})
    assert pace is not None
    found = estimate(pace, WORK)
    assert (found.answers.value, found.answers.low, found.answers.high) == (300, 300, 500)
    assert (found.cost_minor.low, found.cost_minor.high) == (3_000, 5_000)
    assert found.seconds.value == 300 * 20  # the mean, not the median
    assert found.hourly_minor.value == 3_600  # the median, not the mean


def test_settled_items_say_how_many_answers_one_takes():
    pace = measure_pace({"a": [10.0]})
    assert pace is not None
    assert estimate(pace, WORK, settled=[4] * 20).answers.value == 400
    assert estimate(pace, WORK, settled=[4] * 2).answers.value == 300


def test_gold_answers_are_paid_as_well():
    pace = measure_pace({"a": [10.0]})
    assert pace is not None
    gold = Work(items=90, least=1, most=1, gold_share=0.1, reward_minor=10)
    assert estimate(pace, gold).answers.value == pytest.approx(100)


def test_the_pay_that_reaches_the_floor():
    pace = measure_pace({"a": [30.0] * 5})
    assert pace is not None
    found = estimate(pace, WORK)
    assert found.fair_reward(1_200) == 10
    assert found.fair_reward(1_201) == 11
    assert found.fair_reward(None) is None


def test_a_guess_reads_and_answers():
    pace = guess_pace([238.0, 238, 238], fields=2)
    assert pace.median.value == 60 + 12
    assert (pace.median.low, pace.median.high) == (36, 144)
    assert pace.answers == 0


def test_words_of_both_kinds_of_script():
    assert count_words("where is it") == 3
    assert count_words("你好吗") == pytest.approx(3 * 238 / 255)
