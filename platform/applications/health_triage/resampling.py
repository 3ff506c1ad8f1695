"""Whether a promise holds: made on a random part of stored scores, measured on the rest, many times. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from applications.health_triage.conformal import Ints
from applications.health_triage.covering import Coverage, measure
from applications.health_triage.promising import Risk, Scored, promise


@dataclass(frozen=True, slots=True)
class Held:
    """mean: over the splits; error: its standard error; kept: share of the splits on the promise's side.

    promised: at least (or, where `most`, at most) this.
    """

    mean: float
    error: float
    kept: float
    promised: float
    most: bool


@dataclass(frozen=True, slots=True)
class Resampled:
    """draws: splits that allowed a promise. shares: "condition", "condition:skin", "under_triage", ..."""

    draws: int
    refused: int
    shares: Mapping[str, Held]
    abstains: float
    mean_groups: float
    mean_levels: float


def resample(
    known: Scored, risk: Risk, *, draws: int, share: float, seed: int, by_group: bool = False
) -> Resampled:
    """`share` of the items (of the groups, with `by_group`) sets the thresholds, the rest measures."""
    found: list[Coverage] = []
    for chosen, rest in _splits(known, draws, share, seed, by_group=by_group):
        promised = promise(known.only(chosen), risk)
        if promised.holds:
            found.append(measure(promised, known.only(rest)))
    return Resampled(
        len(found),
        draws - len(found),
        _held(found),
        _mean([one.abstains.value for one in found]),
        _mean([one.mean_groups for one in found]),
        _mean([one.mean_levels for one in found]),
    )


def _splits(
    known: Scored, draws: int, share: float, seed: int, *, by_group: bool
) -> Iterator[tuple[Ints, Ints]]:
    drawing = np.random.default_rng(seed)
    unit = known.group if by_group else np.arange(len(known))
    names = np.unique(unit)
    for _draw in range(draws):
        first = drawing.permutation(names)[: round(share * len(names))]
        inside = np.isin(unit, first)
        yield np.flatnonzero(inside), np.flatnonzero(~inside)


def _held(found: list[Coverage]) -> dict[str, Held]:
    values: dict[str, list[float]] = {}
    promises: dict[str, tuple[float, bool]] = {}
    for coverage in found:
        for one in coverage.shares:
            if one.count and one.promised is not None:
                key = f"{one.about}:{one.name}" if one.name else one.about
                values.setdefault(key, []).append(one.value)
                promises[key] = (one.promised, one.most)
    return {key: _of(shares, *promises[key]) for key, shares in values.items()}


def _of(shares: list[float], promised: float, most: bool) -> Held:
    numbers = np.array(shares)
    kept = numbers <= promised if most else numbers >= promised
    error = float(numbers.std() / np.sqrt(len(numbers)))
    return Held(float(numbers.mean()), error, float(kept.mean()), promised, most)


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else 0.0
