"""How seldom a finance monitor's alarms are false on calm streams, and how soon it sees a planted shift."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from applications.finance_monitor import rate
from applications.finance_monitor.streams import Stream, draw
from applications.finance_monitor.watching import LEAST_DAYS, Series, episodes, look

if TYPE_CHECKING:
    from local.bench.command import Settings

CALM_DAYS = 30
SEED = 2026  # of its own: development used others
LEARN_DAYS, WATCH_DAYS, SHIFT_DAYS = 28, 32, 4
SHIFT = 1.0  # logits: from a share of 25 % to one of 48 %
FIXED_SHARE = 0.5
# Name -> the stream and the season by which it is watched.
STREAMS: dict[str, tuple[Stream, str]] = {
    "usual": (Stream(), "hour_of_day"),
    "few texts": (Stream(texts=24), "hour_of_day"),
    "many texts": (Stream(texts=1000), "hour_of_day"),
    "rare negatives": (Stream(share=0.05), "hour_of_day"),
    "wild": (Stream(tau=0.6), "hour_of_day"),
    "sway that lasts": (Stream(memory=0.8), "hour_of_day"),
    "by day": (Stream(bin="day"), "day_of_week"),
}
Chances = Callable[[Series, str], Any]


def run(settings: "Settings") -> dict[str, Any]:
    draws = settings.draws or (4 if settings.quick else 40)
    figures: dict[str, Any] = {}
    for name, (stream, season) in STREAMS.items():
        days = LEARN_DAYS + WATCH_DAYS if stream.bin == "hour" else 240
        calm = replace(stream, days=days)
        figures |= {f"{name}: {key}": value for key, value in _of_calm(calm, season, draws).items()}
        shifted = replace(stream, days=LEARN_DAYS + SHIFT_DAYS, shift=SHIFT, since=24 * LEARN_DAYS)
        if stream.bin == "hour":
            figures |= {f"{name}: {key}": value for key, value in _of_shift(shifted, season, draws).items()}
    return {
        "settings": {"draws": draws, "calm_days": CALM_DAYS, "shift_logits": SHIFT, "seed": SEED},
        "figures": figures,
    }


def _of_calm(stream: Stream, season: str, draws: int) -> dict[str, Any]:
    """False alarms of a topic in CALM_DAYS days, with a 95 % interval; alarms close together are one."""
    counts: dict[str, list[int]] = {"false alarms in 30 days": [], "of 3 sigma": [], "of a fixed share": []}
    watched = 0
    for number in range(draws):
        series = draw(stream, np.random.default_rng([SEED, 1, number]))
        found = _alarms(series, season)
        watched += stream.days - LEAST_DAYS
        for name, alarms in zip(counts, found, strict=True):
            counts[name].append(len(episodes(alarms, 1.0 - alarms)))
    periods = watched / CALM_DAYS
    return {name: _rate(values, periods) for name, values in counts.items()}


def _rate(values: list[int], periods: float) -> str:
    """Of Poisson counts; the interval is that of their sum (Garwood 1936)."""
    from scipy.stats import chi2  # noqa: PLC0415 - only here

    total = sum(values)
    low = chi2.ppf(0.025, 2 * total) / 2 if total else 0.0
    high = chi2.ppf(0.975, 2 * total + 2) / 2
    return f"{total / periods:.2f} [{low / periods:.2f}, {high / periods:.2f}]"


def _of_shift(stream: Stream, season: str, draws: int) -> dict[str, Any]:
    """Shifts that are seen before they are SHIFT_DAYS old, and the median of the hours until then."""
    names = ("", " by 3 sigma", " by a fixed share")
    waits: dict[str, list[float]] = {name: [] for name in names}
    for number in range(draws):
        series = draw(stream, np.random.default_rng([SEED, 2, number]))
        for name, alarms in zip(names, _alarms(series, season), strict=True):
            seen = np.flatnonzero(alarms[stream.since :])
            waits[name].append(float(seen[0] + 1) if len(seen) else np.inf)
    figures: dict[str, Any] = {}
    for name, hours in waits.items():
        figures[f"shifts seen{name}"] = f"{np.isfinite(hours).mean():.0%}"
        figures[f"hours until seen{name}"] = float(np.median(hours))
    return figures


def _alarms(series: Series, season: str) -> tuple[Any, Any, Any]:
    """Ours, those of 3 sigma over all days before, and those of a share above FIXED_SHARE, as (N,) flags."""
    level = rate.level_of(calm_days=CALM_DAYS, bin=series.bin)
    looked = look(series, season=season, level=level)
    share = np.where(series.total > 0, series.negative / np.maximum(series.total, 1), np.nan)
    watched = series.days - series.days[0] >= LEAST_DAYS
    return looked.alarms(level), watched & _beyond_3_sigma(series, share), watched & (share > FIXED_SHARE)


def _beyond_3_sigma(series: Series, share: Any) -> Any:
    """Of the shares of all days before a bin's own."""
    found = np.zeros(len(share), dtype=bool)
    for day in np.unique(series.days)[1:]:
        past, today = share[series.days < day], series.days == day
        found[today] = share[today] > np.nanmean(past) + 3 * np.nanstd(past)
    return found
