"""The safety floor: which posts may be shown at all, and what can be promised of them. Pure: no Django.

The threshold is chosen by testing, not by looking: of a fixed grid of thresholds each stands for the claim
"of what is shown, less than the wanted share is safe", and one is used only if its claim is refused by an
exact binomial test. Testing goes from strict to loose from a few fixed starts and stops at the first claim
that stands, so that the chance of any wrong refusal stays below 1 - confidence: Learn then Test, fixed
sequence testing with several starts (Angelopoulos, Bates, Candès, Jordan and Lei 2021, arXiv:2110.01052).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from privacy.pii.intervals import Interval, clopper_pearson

GRID = (0.998, 0.995, 0.99, 0.98, 0.95, 0.9, 0.8, 0.7, 0.5)  # from strict to loose
STARTS = (0.998, 0.98, 0.9)
_HALVINGS = 40


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of one post. score: how sure the model `version` is that it is safe, None before it was
    asked. decided: what a person said, which outweighs any model. tongues: languages and scripts of its text
    (tongues.py), None before it was read."""

    score: float | None = None
    version: UUID | None = None
    decided: bool | None = None
    tongues: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class InForce:
    """A floor that holds now: the version in production is the one that its threshold was chosen for.
    tongues: those that the threshold was tested in; of others nothing can be promised."""

    version: UUID
    threshold: float
    tongues: frozenset[str] = frozenset()

    def has_tested(self, tongues: frozenset[str] | None) -> bool:
        return tongues is not None and tongues <= self.tongues


def may_be_shown(verdict: Verdict, floor: InForce | None) -> bool:
    """Only what a person found safe, or the calibrated version is sure enough of, in a language that it was
    calibrated in. All doubt hides."""
    if verdict.decided is not None:
        return verdict.decided
    if floor is None or verdict.score is None or verdict.version != floor.version:
        return False
    # A score that is no number is not above it.
    return floor.has_tested(verdict.tongues) and verdict.score >= floor.threshold


@dataclass(frozen=True, slots=True)
class Judged:
    """A held-out post: the model's score, and whether it is safe."""

    score: float
    safe: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """At least the share `wanted` of what is shown is to be safe, with `confidence` that this is true."""

    wanted: float
    confidence: float = 0.95

    @property
    def level(self) -> float:
        """What each start may spend of the chance to be wrong."""
        return (1 - self.confidence) / len(STARTS)

    @property
    def fewest(self) -> int:
        """Shown calibration posts, all of them safe, without which nothing can be promised."""
        return math.ceil(math.log(self.level) / math.log(self.wanted) - 1e-9)


@dataclass(frozen=True, slots=True)
class Tested:
    """One threshold on the calibration posts. promised: its claim was refused. level: of each start."""

    threshold: float
    shown: int
    unsafe: int
    promised: bool
    level: float

    @property
    def low(self) -> float:
        """What may be promised: the share of safe among shown is above it, but for a chance of `level` (the
        exact one-sided bound of Clopper and Pearson 1934)."""
        low, high = 0.0, 1.0
        if self.shown == self.unsafe:
            return 0.0
        for _halving in range(_HALVINGS):
            middle = (low + high) / 2
            if binomial_at_most(self.unsafe, self.shown, 1 - middle) <= self.level:
                low = middle
            else:
                high = middle
        return low


@dataclass(frozen=True, slots=True)
class Choice:
    """threshold: None where nothing can be promised. missing: shown and safe calibration posts that the best
    threshold lacks before it can be promised; 0 where one is."""

    threshold: float | None
    tested: tuple[Tested, ...]
    missing: int


def choose(judged: Sequence[Judged], terms: Terms) -> Choice:
    """The loosest threshold of GRID of which `terms` can be promised by the calibration posts."""
    counts = {at: _counted(judged, at) for at in GRID}
    passed = {at: _holds(*counts[at], terms) for at in GRID}
    promised: set[float] = set()
    for start in STARTS:
        for at in GRID[GRID.index(start) :]:
            if not passed[at]:
                break
            promised.add(at)
    tested = tuple(Tested(at, *counts[at], at in promised, terms.level) for at in GRID)
    missing = 0 if promised else min(_missing(*counts[at], terms) for at in STARTS)
    return Choice(min(promised, default=None), tested, missing)


@dataclass(frozen=True, slots=True)
class Measured:
    """A floor on posts that had no part in choosing it. precision: safe among shown. hidden: hidden among
    safe. caught: hidden among unsafe. Each with the counts it rests on and its 95 % interval."""

    precision: "Share"
    hidden: "Share"
    caught: "Share"


@dataclass(frozen=True, slots=True)
class Share:
    hits: int
    of: int

    @property
    def value(self) -> float | None:
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> Interval:
        return clopper_pearson(self.hits, self.of)


def measure(judged: Iterable[Judged], threshold: float) -> Measured:
    rows = list(judged)
    shown = [one for one in rows if one.score >= threshold]
    safe, safe_shown = sum(one.safe for one in rows), sum(one.safe for one in shown)
    unsafe = len(rows) - safe
    return Measured(
        Share(safe_shown, len(shown)),
        Share(safe - safe_shown, safe),
        Share(unsafe - (len(shown) - safe_shown), unsafe),
    )


def _counted(judged: Iterable[Judged], threshold: float) -> tuple[int, int]:
    shown = [one for one in judged if one.score >= threshold]
    return len(shown), sum(not one.safe for one in shown)


def _holds(shown: int, unsafe: int, terms: Terms) -> bool:
    """Whether so few unsafe ones would be too lucky at a share of safe posts of only `wanted`."""
    return shown > 0 and binomial_at_most(unsafe, shown, 1 - terms.wanted) <= terms.level * (1 + 1e-9)


def _missing(shown: int, unsafe: int, terms: Terms) -> int:
    """How many more safe ones would do: the test is passed ever more easily, so halving finds it."""
    low, high = 0, max(terms.fewest, 1) * (unsafe + 2) * 4
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _holds(shown + middle, unsafe, terms) else (middle + 1, high)
    return low


def binomial_at_most(hits: int, of: int, share: float) -> float:
    """P(X <= hits) of X ~ Bin(of, share), summed in logarithms so that nothing underflows on the way."""
    if hits >= of:
        return 1.0
    log_yes, log_no = math.log(share), math.log1p(-share)
    logs = [
        math.lgamma(of + 1) - math.lgamma(k + 1) - math.lgamma(of - k + 1) + k * log_yes + (of - k) * log_no
        for k in range(hits + 1)
    ]
    return min(1.0, math.fsum(map(math.exp, logs)))
