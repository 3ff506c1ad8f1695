import numpy as np
import pytest

from training.engine.evaluation.learning_curve import Curve, fit_curve, forecast, nested_groups

TRUE = Curve(0.9, 1.2, 0.5)
SIZES = (50, 50, 100, 100, 100, 200, 200, 400, 400, 800)


def noisy(deviation, *, seed=0, curve=TRUE, sizes=SIZES):
    generator = np.random.default_rng(seed)
    return [(size, curve.at(size) + generator.normal(0, deviation)) for size in sizes]


def test_a_curve_without_noise_is_found_again():
    found = fit_curve(noisy(0.0))
    assert (found.a, found.b, found.c) == (
        pytest.approx(0.9, abs=0.01), pytest.approx(1.2, rel=0.1), pytest.approx(0.5, abs=0.05),
    )  # fmt: skip


def test_the_forecast_holds_the_true_gain_as_often_as_it_says():
    truth = TRUE.at(1300) - TRUE.at(800)
    found = [forecast(noisy(0.01, seed=seed), more=500) for seed in range(20)]
    assert all(one.reason == "" and one.low <= one.gain <= one.high for one in found)
    assert sum(one.low <= truth <= one.high for one in found) >= 15
    assert abs(float(np.median([one.gain for one in found])) - truth) < 0.006


def test_nothing_is_said_of_few_points():
    assert forecast([], more=500).reason == "too_few"
    assert (
        forecast(noisy(0.0, sizes=(50, 100, 100, 200, 200, 200)), more=500).reason == "too_few"
    )  # 3 amounts
    assert forecast(noisy(0.0, sizes=(50, 100, 200, 400)), more=500).reason == "too_few"  # 4 points


def test_nothing_is_said_of_noise():
    flat = [(size, 0.5 + (0.1 if index % 2 else -0.1)) for index, size in enumerate(SIZES)]
    found = forecast(flat, more=500)
    assert found.reason == "noise" and found.gain == 0.0


def test_a_curve_never_promises_more_than_all_right_nor_a_loss():
    steep = [(size, min(0.99, 0.2 + size / 900)) for size in SIZES]
    found = fit_curve(steep)
    assert found.a <= 1.0 and found.at(10**9) <= 1.0
    falling = fit_curve([(size, 0.9 - size / 2000) for size in SIZES])
    assert falling.b == 0.0 and falling.at(2000) == pytest.approx(falling.at(100))


def test_it_looks_no_farther_than_twice_the_data():
    points = noisy(0.005, sizes=(10, 10, 20, 20, 40, 80))
    assert forecast(points, more=500).more == 80


def test_parts_hold_whole_groups_and_lie_in_one_another():
    groups = [f"g{n // 3}" for n in range(300)]
    small, large = (nested_groups(groups, share, draw=1) for share in (0.25, 0.5))
    assert small < large
    assert 75 <= sum(group in small for group in groups) <= 78
    assert nested_groups(groups, 0.25, draw=2) != small
    assert nested_groups(groups, 1.0, draw=3) == set(groups)
