"""How well a list is ordered: normalised discounted cumulative gain (Järvelin and Kekäläinen 2002). Pure."""

import math
from collections.abc import Sequence


def ndcg(relevant: Sequence[bool], *, at: int = 10) -> float | None:
    """Of relevances in the order shown, 1 for the best order there is; None where nothing is relevant."""
    ideal = _gain(sorted(relevant, reverse=True)[:at])
    return _gain(relevant[:at]) / ideal if ideal else None


def expected_at_random(relevant: Sequence[bool], *, at: int = 10) -> float | None:
    """The mean over all orders: each place is relevant with the same chance."""
    ideal = _gain(sorted(relevant, reverse=True)[:at])
    if not ideal:
        return None
    share = sum(relevant) / len(relevant)
    return share * _gain([True] * min(at, len(relevant))) / ideal


def _gain(relevant: Sequence[bool]) -> float:
    return sum(1 / math.log2(place + 2) for place, one in enumerate(relevant) if one)
