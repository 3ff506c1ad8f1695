"""What a trained model gives away about its training rows: the part `memorisation` of a report."""

from collections.abc import Callable, Sequence
from math import isnan, nan
from statistics import fmean
from typing import Any

from training.engine.config import FitConfig
from training.engine.data import Row, settled
from training.engine.memorisation import canaries
from training.engine.memorisation.membership import LEAST, membership, sample

LossesOf = Callable[[Sequence[Row]], Sequence[float]]
PlaceLosses = dict[tuple[int, int], float]


def remembered(
    config: FitConfig, *, train: Sequence[Row], dev: Sequence[Row], test: Sequence[Row], losses_of: LossesOf
) -> dict[str, Any]:
    """{membership, canaries}, either of them None where it cannot be told.

    Members are training rows, the others test rows (dev rows where there is no test set, which flatters: the
    model was chosen by them). `losses_of` gives each row's loss, NaN for one with nothing to decide.
    """
    others, split = (test, "test") if test else (dev, "dev")
    sides = [_by_group(_some(rows, config.seed), losses_of) for rows in (train, others)]
    found: dict[str, Any] = {"membership": None, "canaries": None}
    if min(map(len, sides)) >= LEAST:
        found["membership"] = {**membership(*sides, seed=config.seed), "split": split}
    if plants(config):
        times = canaries.times_for(len(train))
        found["canaries"] = canaries.measure(
            config.field_spec, seed=config.seed, times=times, losses_of=losses_of
        )  # fmt: skip
    return found


def planted_rows(config: FitConfig, rows: int) -> list[Row]:
    """What the recipe has planted among so many training rows; nothing unless it asks for the test."""
    return canaries.planted(config.field_spec, seed=config.seed, rows=rows) if plants(config) else []


def plants(config: FitConfig) -> bool:
    return config.memorisation_test and canaries.can_plant(config.head)


def row_losses(places: PlaceLosses, count: int) -> list[float]:
    """Mean loss of each of `count` rows over its places; NaN for a row without any."""
    found: list[list[float]] = [[] for _ in range(count)]
    for (row, _turn), loss in places.items():
        found[row].append(loss)
    return [fmean(losses) if losses else nan for losses in found]


def _some(rows: Sequence[Row], seed: int) -> list[Row]:
    return settled(rows[place] for place in sample(len(rows), seed=seed))


def _by_group(rows: Sequence[Row], losses_of: LossesOf) -> list[float]:
    """A loss for each conversation: the mean over its rows."""
    groups: dict[str, list[float]] = {}
    for row, loss in zip(rows, losses_of(rows), strict=True):
        if not isnan(loss):
            groups.setdefault(row.group or row.id, []).append(loss)
    return [fmean(losses) for losses in groups.values()]
