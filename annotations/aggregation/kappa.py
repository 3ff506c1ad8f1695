"""Kappa: agreement beyond what the same habits would give by chance, for two people and for many."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from annotations.aggregation.agreement import votes_of
from annotations.aggregation.judgments import Judgment, encode


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """`agreement`: share of the `units` both judged on which they said the same; `kappa`: None where both
    always said one and the same, so that chance explains all of it."""

    agreement: float
    units: int
    kappa: float | None


def cohen_kappa(said: Mapping[tuple[str, str], int]) -> float | None:
    """(p_o - p_e) / (1 - p_e) from how often two people said (a, b) (Cohen 1960, "A Coefficient of Agreement
    for Nominal Scales"). None without units, or where nothing but one label was said."""
    units = sum(said.values())
    left: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for (a, b), count in said.items():
        left[a] += count
        right[b] += count
    # In whole numbers, so that "all by chance" is exactly that.
    by_chance = sum(count * right[label] for label, count in left.items())
    if by_chance == units**2:
        return None
    same = sum(count for (a, b), count in said.items() if a == b) * units
    return (same - by_chance) / (units**2 - by_chance)


def fleiss_kappa(judgments: Sequence[Judgment]) -> float | None:
    """Kappa for many people, each unit judged by any two or more of them (Fleiss 1971, "Measuring Nominal
    Scale Agreement Among Many Raters"; with unequal numbers the mean over units as in Fleiss et al. 2003).

    None where no unit was judged twice, or where nothing but one label was said.
    """
    if not judgments:
        return None
    votes, weights = votes_of(encode(judgments))
    sizes = votes.sum(axis=1)
    several = sizes >= 2
    votes, weights, sizes = votes[several], weights[several], sizes[several]
    if not len(votes):
        return None
    given = weights @ votes
    if np.count_nonzero(given) == 1:
        return None
    by_chance = float(((given / given.sum()) ** 2).sum())
    agreed = (votes * (votes - 1)).sum(axis=1) / (sizes * (sizes - 1))
    return float((weights @ agreed / weights.sum() - by_chance) / (1 - by_chance))


def pairwise_agreement(judgments: Sequence[Judgment]) -> dict[tuple[str, str], PairAgreement]:
    """For every two workers with a unit in common, by name; of a worker's two verdicts the last counts."""
    by_unit: dict[str, dict[str, str]] = defaultdict(dict)
    for judgment in judgments:
        by_unit[judgment.unit][judgment.worker] = judgment.label
    said: dict[tuple[str, str], Counter[tuple[str, str]]] = defaultdict(Counter)
    for verdicts in by_unit.values():
        for a, b in combinations(sorted(verdicts), 2):
            said[a, b][verdicts[a], verdicts[b]] += 1
    return {pair: _agreement(said[pair]) for pair in sorted(said)}


def _agreement(said: Counter[tuple[str, str]]) -> PairAgreement:
    same = sum(count for (a, b), count in said.items() if a == b)
    return PairAgreement(same / said.total(), said.total(), cohen_kappa(said))
