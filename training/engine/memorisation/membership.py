"""Can somebody who has the model tell whether a conversation was trained on? The loss-threshold attack.

A model's loss is often lower on what it was trained on; whoever says "member" where the loss lies below a bar
is right more often than a coin by as much as the model gives away (Yeom et al. 2018, "Privacy Risk in Machine
Learning"). Reported are the area under the curve over all bars, and how many members are found at a bar that
accuses one in a hundred non-members at the most: what matters to those few who are found (Carlini et al.
2022, "Membership Inference Attacks From First Principles"). It is the plainest attack; others may do better.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

MOST = 500  # rows of a side
LEAST = 10
FALSE_ALARMS = 0.01
_DRAWS = 500
_LEVEL = 0.95


def membership(members: Sequence[float], others: Sequence[float], *, seed: int = 0) -> dict[str, Any]:
    """{auc, interval, tpr, tpr_interval, fpr, members, others} from one loss per conversation of either side.

    The intervals are 95 % of a bootstrap over conversations, each side drawn again by itself.
    """
    ours, theirs = np.sort(np.asarray(members, float)), np.sort(np.asarray(others, float))
    draw = np.random.default_rng(seed)
    drawn = [
        _figures(np.sort(draw.choice(ours, len(ours))), np.sort(draw.choice(theirs, len(theirs))))
        for _ in range(_DRAWS)
    ]
    edges = [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2]
    low, high = np.quantile(np.array(drawn), edges, axis=0)
    auc, tpr = _figures(ours, theirs)
    return {
        "auc": auc, "interval": [float(low[0]), float(high[0])], "tpr": tpr,
        "tpr_interval": [float(low[1]), float(high[1])], "fpr": FALSE_ALARMS,
        "members": len(ours), "others": len(theirs),
    }  # fmt: skip


def _figures(ours: Doubles, theirs: Doubles) -> tuple[float, float]:
    """AUC, and the share of members below the bar that FALSE_ALARMS of the others lie below; both sorted."""
    below = np.searchsorted(ours, theirs, side="left") + np.searchsorted(ours, theirs, side="right")
    auc = float(below.sum() / (2 * len(ours) * len(theirs)))
    bar = theirs[int(FALSE_ALARMS * len(theirs))]  # so many of the others lie below it
    return auc, float(np.searchsorted(ours, bar, side="left") / len(ours))


def sample(count: int, *, seed: int) -> NDArray[np.int64]:
    """At most MOST of `count` places, in order."""
    if count <= MOST:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, MOST, replace=False))
