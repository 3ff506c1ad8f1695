"""Topics of a new analysis recognised as those of an earlier one, so that ids, names and colours stay."""

from dataclasses import dataclass

import numpy as np

from training.analysis.nearest import Floats

SAME = 0.8  # least cosine of two centres that are taken for one topic
COLOURS = 8


@dataclass(frozen=True, slots=True)
class Identity:
    """What a topic is known by. number: from 1, never given to another. colour: 0..COLOURS-1."""

    number: int
    colour: int
    name: str


def match(former: Floats, new: Floats, *, least: float = SAME) -> list[int | None]:
    """For each of the (T, D) new centres the row of the (F, D) former one that it is, or None.

    One to one, with the largest sum of cosines (Hungarian method; Kuhn 1955); pairs below `least` are none.
    """
    found: list[int | None] = [None] * len(new)
    if len(former) and len(new) and former.shape[1] == new.shape[1]:
        from scipy.optimize import linear_sum_assignment  # noqa: PLC0415

        # A pair that will not do is worth nothing, so that it takes no partner from one that will.
        worth = np.where((near := new @ former.T) >= least, near, 0)
        for row, column in zip(*linear_sum_assignment(worth, maximize=True), strict=True):
            if near[row, column] >= least:
                found[row] = int(column)
    return found


def identities(
    names: list[str], matched: list[int | None], former: list[Identity], *, last: int
) -> list[Identity]:
    """A matched topic keeps what it was known by; a new one gets a new number and the least used colour.

    last: the highest number ever given. names: of the new topics, by their own words.
    """
    kept = [None if place is None else former[place] for place in matched]
    used = [one.colour for one in kept if one is not None]
    found = []
    for name, known in zip(names, kept, strict=True):
        if known is None:
            last += 1
            colour = min(range(COLOURS), key=lambda shade: (used.count(shade), shade))
            used.append(colour)
            known = Identity(last, colour, name)
        found.append(known)
    return found
