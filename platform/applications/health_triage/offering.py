"""What each promise costs: how many messages it leaves to a person, and how often the rest is right. Pure.

Measured by cross-fitting on the items held back, never on test items: of one fold after the other the
thresholds come from all other folds, so that whoever chooses by this table has not looked at what measures.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from applications.health_triage.conformal import Ints
from applications.health_triage.covering import Share, measure
from applications.health_triage.promising import ALL, CONDITION, URGENCY, Risk, Scored, promise

# (wrong, under_triage) from strict to loose: a fifth to a third of what may be wrong may be too low.
STEPS = ((0.05, 0.01), (0.1, 0.02), (0.15, 0.03), (0.2, 0.05), (0.3, 0.1), (0.4, 0.13))
# Up to so many groups are left out one by one, so that a promise which all items just bear is still tried;
# more of them in FOLDS parts, which is quick.
ONE_BY_ONE, FOLDS, _SEED = 100, 20, 11


@dataclass(frozen=True, slots=True)
class Offer:
    """One promise. possible: in no fold did the other folds have too few items for it.

    abstains: of all items. wrong: of those with a suggestion. groups, range: that hold the truth, of all.
    """

    risk: Risk
    possible: bool
    abstains: Share
    wrong: Share
    groups: Share
    range: Share


def offers(known: Scored, base: Risk) -> list[Offer]:
    """One for each of STEPS and for `base`, from strict to loose; the rest of `base` stays as it is."""
    steps = sorted({*STEPS, (base.wrong, base.under_triage)})
    folds = _folds(known.group)
    return [_offer(known, replace(base, wrong=wrong, under_triage=under), folds) for wrong, under in steps]


def _offer(known: Scored, risk: Risk, folds: Sequence[Ints]) -> Offer:
    parts, possible = [], bool(folds)
    everything = np.arange(len(known), dtype=np.int64)
    for fold in folds:
        promised = promise(known.only(np.setdiff1d(everything, fold)), risk)
        possible = possible and promised.holds
        parts.append(measure(promised, known.only(fold)))
    return Offer(
        risk, possible,
        abstains=_sum([one.abstains for one in parts]), wrong=_sum([one.answered_wrong for one in parts]),
        groups=_sum([one.share(CONDITION) for one in parts]),
        range=_sum([one.share(URGENCY) for one in parts]),
    )  # fmt: skip


def _sum(parts: Sequence[Share]) -> Share:
    return Share("", ALL, sum(one.hits for one in parts), sum(one.count for one in parts))


def _folds(group: Ints) -> list[Ints]:
    """Places of the items in parts, each group in one of them: messages of one complaint are alike."""
    names, numbers = np.unique(group, return_inverse=True)
    count = len(names) if len(names) <= ONE_BY_ONE else FOLDS
    drawn = np.random.default_rng(_SEED).permutation(len(names)) % max(count, 1)
    return [np.flatnonzero(drawn[numbers] == number) for number in range(count)]
