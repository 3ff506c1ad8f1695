"""Made-up streams of which it is known what is usual: to see whether alarms hold what they promise."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from scipy.special import expit, logit

from applications.finance_monitor.watching import Series

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Hourly texts of one topic. texts: a day. share: usual negative share. swing: how much the time of day
    moves its logit. tau: sway from bin to bin, `memory` of it carried over to the next. shift: added to the
    logit from hour `since` on."""

    days: int = 60
    texts: float = 120.0
    share: float = 0.25
    swing: float = 0.3
    tau: float = 0.25
    memory: float = 0.0
    shift: float = 0.0
    since: int = 0
    bin: str = "hour"


def draw(stream: Stream, random: np.random.Generator) -> Series:
    """One course of it, with more texts by day than by night."""
    hours = np.arange(24 * stream.days)
    profile = 1.0 + 0.8 * np.sin(2 * np.pi * (hours % 24 - 8) / 24)
    total = random.poisson(stream.texts / 24 * profile)
    sway = random.normal(0.0, stream.tau, len(hours))
    for hour in range(1, len(hours) if stream.memory else 0):
        sway[hour] = stream.memory * sway[hour - 1] + np.sqrt(1 - stream.memory**2) * sway[hour]
    centre = logit(stream.share) + stream.swing * np.sin(2 * np.pi * (hours % 24 - 4) / 24)
    centre = centre + np.where(hours >= stream.since, stream.shift, 0.0)
    negative = random.binomial(total, expit(centre + sway))
    if stream.bin == "day":
        total, negative = (part.reshape(-1, 24).sum(axis=1) for part in (total, negative))
        days = np.arange(stream.days)
        return Series([START + timedelta(days=int(n)) for n in days], days, total, negative, stream.bin)
    return Series([START + timedelta(hours=int(n)) for n in hours], hours // 24, total, negative)
