"""The usual range: what it finds in streams of which it is known, and how seldom it is left by chance."""

import numpy as np
import pytest
from scipy.special import logit
from scipy.stats import binom

from applications.finance_monitor import rate
from applications.finance_monitor.baseline import fit_usual
from applications.finance_monitor.chances import range_of, smallest_chances, tail
from applications.finance_monitor.streams import Stream, draw
from applications.finance_monitor.watching import episodes, look


def test_it_finds_the_share_the_season_and_the_sway() -> None:
    series = draw(Stream(days=56, texts=2400, share=0.25, swing=0.5, tau=0.3), np.random.default_rng(3))
    slots = series.slots("hour_of_day")
    usual = fit_usual(series.total, series.negative, slots, 24)
    assert usual is not None
    true = logit(0.25) + 0.5 * np.sin(2 * np.pi * (np.arange(24) - 4) / 24)
    assert np.abs(usual.logits - true).max() < 0.2
    assert abs(usual.tau - 0.3) < 0.08


def test_a_share_that_only_counting_moves_has_no_sway() -> None:
    series = draw(Stream(days=56, texts=480, swing=0.0, tau=0.0), np.random.default_rng(5))
    usual = fit_usual(series.total, series.negative, series.slots("none"), 1)
    assert usual is not None and usual.tau < 0.12


def test_a_few_wild_days_do_not_move_it() -> None:
    total, negative = np.full(60, 100), np.full(60, 20)
    calm = fit_usual(total, negative, np.zeros(60, dtype=np.int64), 1)
    negative[50:56] = 95
    wild = fit_usual(total, negative, np.zeros(60, dtype=np.int64), 1)
    assert calm is not None and wild is not None
    assert abs(wild.logits[0] - calm.logits[0]) < 0.1


def test_slots_of_which_little_is_known_lean_on_the_others() -> None:
    random = np.random.default_rng(1)
    slots = np.arange(24 * 28) % 24
    usual = fit_usual(random.poisson(2, len(slots)), np.zeros(len(slots), dtype=np.int64), slots, 24)
    assert usual is not None and np.ptp(usual.logits) < 0.5


@pytest.mark.parametrize("total", [[], [0, 0, 0], [3, 2]])
def test_too_little_says_nothing(total: list[int]) -> None:
    counts = np.array(total, dtype=np.int64)
    assert fit_usual(counts, counts * 0, counts * 0, 1) is None


def test_without_sway_the_tail_is_the_binomial_one() -> None:
    k, n = np.array([0, 3, 7, 20]), np.array([5, 10, 10, 20])
    found = tail(k, n, np.full(4, logit(0.3)), np.zeros(4))
    assert np.allclose(found, binom.sf(k - 1, n, 0.3))


def test_the_tail_is_that_of_shares_that_sway() -> None:
    random = np.random.default_rng(8)
    shares = 1 / (1 + np.exp(-(logit(0.3) + 0.5 * random.normal(size=400_000))))
    seen = (random.binomial(30, shares) >= 17).mean()
    assert tail(np.array([17]), np.array([30]), np.array([logit(0.3)]), np.array([0.5]))[0] == pytest.approx(
        seen, rel=0.06
    )


def test_few_texts_need_a_larger_share() -> None:
    usual = fit_usual(np.full(40, 40), np.full(40, 10), np.zeros(40, dtype=np.int64), 1)
    assert usual is not None
    _low, high = range_of(np.array([5, 50, 500]), np.zeros(3, dtype=np.int64), usual, 0.001)
    assert high[0] > high[1] > high[2] > 0.25


def test_a_slow_rise_shows_in_several_bins_together() -> None:
    total, negative = np.full(54, 24), np.full(54, 6)
    usual = fit_usual(total[:50], negative[:50], np.zeros(50, dtype=np.int64), 1)
    assert usual is not None
    negative[50:] = 12
    slots = np.zeros(54, dtype=np.int64)
    alone = smallest_chances(total, negative, slots, usual, (1,)).chance
    together = smallest_chances(total, negative, slots, usual, (1, 4)).chance
    assert alone[-1] > 1e-3 > together[-1]


def test_a_bin_without_texts_says_nothing() -> None:
    usual = fit_usual(np.full(40, 40), np.full(40, 10), np.zeros(40, dtype=np.int64), 1)
    assert usual is not None
    empty = smallest_chances(np.array([0, 0]), np.array([0, 0]), np.array([0, 0]), usual, (1, 3)).chance
    assert list(empty) == [1.0, 1.0]


@pytest.mark.parametrize(
    ("stream", "season"),
    [
        (Stream(days=44), "hour_of_day"),
        (Stream(days=44, texts=600, tau=0.5), "hour_of_day"),
        (Stream(days=150, bin="day"), "day_of_week"),
        (Stream(days=40, texts=1000), "hour_of_week"),
    ],
)
def test_calm_streams_raise_no_more_than_was_wished(stream: Stream, season: str) -> None:
    level = rate.level_of(calm_days=10, bin=stream.bin)
    raised = allowed = 0.0
    for seed in range(8):
        looked = look(draw(stream, np.random.default_rng([4, seed])), season=season, level=level)
        raised += len(episodes(looked.alarms(level), looked.chance))
        looks = int((~np.isnan(looked.chance)).sum())
        allowed += rate.allowed_in(calm_days=10, bin=stream.bin, looks=looks)
    assert allowed > 20 and raised <= allowed


def test_a_jump_is_seen_within_a_day() -> None:
    level = rate.level_of(calm_days=30, bin="hour")
    for seed in range(5):
        stream = Stream(days=32, shift=1.2, since=24 * 30)
        looked = look(draw(stream, np.random.default_rng([6, seed])), season="hour_of_day", level=level)
        assert looked.alarms(level)[24 * 30 : 24 * 31].any()


def test_what_is_usual_knows_nothing_of_the_day_itself() -> None:
    calm = draw(Stream(days=30), np.random.default_rng(2))
    level = 0.001
    before = look(calm, season="none", level=level)
    calm.negative[24 * 20 :] = calm.total[24 * 20 :]
    after = look(calm, season="none", level=level)
    assert np.array_equal(before.expected[: 24 * 21], after.expected[: 24 * 21], equal_nan=True)
    assert after.expected[24 * 29] > before.expected[24 * 29]


def test_bins_that_were_really_unusual_can_be_left_out() -> None:
    series = draw(Stream(days=40, swing=0.0), np.random.default_rng(2))
    clean = look(series, season="none", level=0.001).expected[-1]
    series.negative[24 * 20 : 24 * 34] = series.total[24 * 20 : 24 * 34]
    out = np.zeros(len(series.total), dtype=bool)
    out[24 * 20 : 24 * 34] = True
    with_them = look(series, season="none", level=0.001).expected[-1]
    without = look(series, season="none", level=0.001, leave_out=out).expected[-1]
    assert abs(without - clean) < 0.05 < with_them - clean


def test_alarms_that_follow_each_other_are_one_alert() -> None:
    alarms = np.zeros(30, dtype=bool)
    alarms[[2, 3, 6, 15]] = True
    chance = np.ones(30)
    chance[3] = 0.0
    assert [(one.first, one.last, one.peak) for one in episodes(alarms, chance)] == [(2, 6, 3), (15, 15, 15)]


# --- what judged alerts change -----------------------------------------------------------------------------


def test_nothing_judged_leaves_the_users_rate() -> None:
    assert rate.multiplier_of(false=0, unjudged=0, allowed=0.0) == 1.0
    assert rate.level_of(calm_days=30, bin="hour") == pytest.approx(1 / 720)
    assert rate.level_of(calm_days=30, bin="day") == pytest.approx(1 / 30)


def test_false_alarms_beyond_what_was_wished_make_it_stricter() -> None:
    many, few = (rate.multiplier_of(false=n, unjudged=0, allowed=1.0) for n in (6, 1))
    assert many == pytest.approx(8 / 3) and few == pytest.approx(1.0)
    assert rate.level_of(calm_days=30, bin="hour", multiplier=many) < rate.level_of(calm_days=30, bin="hour")


def test_long_calm_makes_it_looser_unless_alerts_wait_to_be_judged() -> None:
    assert rate.multiplier_of(false=0, unjudged=0, allowed=2.0) == pytest.approx(0.5)
    assert rate.multiplier_of(false=0, unjudged=2, allowed=2.0) == pytest.approx(1.0)
    assert rate.multiplier_of(false=0, unjudged=9, allowed=2.0) == 1.0


def test_judging_brings_a_noisy_topic_back_to_its_rate() -> None:
    """True rate 6 times the model's: after enough judged alerts about one comes where one was allowed."""
    random = np.random.default_rng(9)
    false, allowed = 0, 0.0
    for _month in range(60):
        multiplier = rate.multiplier_of(false=false, unjudged=0, allowed=allowed)
        came = int(random.poisson(6 / multiplier))
        # What was allowed at the strictness in force is a multiplier-th of the wish.
        false, allowed = false + came, allowed + 1 / multiplier
    assert 4.0 < rate.multiplier_of(false=false, unjudged=0, allowed=allowed) < 8.0
