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
FOLDS = 20  # whole groups each; few enough to be quick, so many that each leaves nearly all items to the rest


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
    everything = np.arange(len(known))
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
    """Places of the items, at most FOLDS times, each group in one: messages of one complaint are alike."""
    names = np.unique(group)
    fold_of = dict(zip(names.tolist(), (np.arange(len(names)) % FOLDS).tolist(), strict=True))
    places = np.array([fold_of[name] for name in group.tolist()], dtype=np.int64)
    return [np.flatnonzero(places == number) for number in range(min(FOLDS, len(names)))]
