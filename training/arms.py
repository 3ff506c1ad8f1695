"""Whether people are less satisfied with one version's answers than with another's."""

from dataclasses import dataclass
from math import sqrt

LEAST_VOICES = 20  # for each of the two, before anything is concluded
# The test is looked at again with every new voice, so one look must be surer than the usual 5 %: with z = 2.8
# (0.26 % in one look) a canary that is as good as production is rolled back by chance in a few of a hundred.
SURE = 2.8


@dataclass(frozen=True, slots=True)
class Arm:
    """What people said of one version: how many spoke, and how many of them were satisfied."""

    voices: int
    satisfied: int

    @property
    def rate(self) -> float | None:
        return self.satisfied / self.voices if self.voices else None


def difference(new: Arm, old: Arm) -> tuple[float, float, float] | None:
    """The rate of `new` less that of `old`, with a 95 % interval; None where one of them has no voices.

    One success and one failure are added to each (Agresti & Caffo 2000, "Simple and Effective Confidence
    Intervals for Proportions and Differences of Proportions"), which holds for a handful of voices too.
    """
    if not new.voices or not old.voices:
        return None
    first, second = _with_two(new), _with_two(old)
    half = 1.96 * sqrt(first * (1 - first) / (new.voices + 2) + second * (1 - second) / (old.voices + 2))
    middle = first - second
    return (
        new.satisfied / new.voices - old.satisfied / old.voices,
        max(-1.0, middle - half),
        min(1.0, middle + half),
    )


def is_worse(new: Arm, old: Arm, *, least: int = LEAST_VOICES, sure: float = SURE) -> bool:
    """The one-sided test of two proportions with the pooled rate: is `new` below `old` beyond chance?"""
    if min(new.voices, old.voices) < least:
        return False
    pooled = (new.satisfied + old.satisfied) / (new.voices + old.voices)
    spread = sqrt(pooled * (1 - pooled) * (1 / new.voices + 1 / old.voices))
    return spread > 0 and (new.satisfied / new.voices - old.satisfied / old.voices) / spread < -sure


def _with_two(arm: Arm) -> float:
    return (arm.satisfied + 1) / (arm.voices + 2)
