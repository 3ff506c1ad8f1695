"""Judgments on pairs as arrays, items with the same number of candidates side by side."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from annotations.aggregation.judgments import KNOWN, Floats, Ints, Judgment
from tasks_app.fields.rank import FIRST

# Comparisons that known truth counts for, so that nobody outvotes it and the worths stand well apart.
_KNOWN_WEIGHT = 50.0


@dataclass(frozen=True, slots=True)
class Block:
    """Comparisons on items with the same number of candidates. `firsts` won or lost against `seconds`."""

    items: tuple[str, ...]
    candidates: tuple[tuple[int, ...], ...]  # (items,) their places in the item, sorted
    item_of: Ints  # (comparisons,)
    firsts: Ints  # (comparisons,) index among the item's candidates
    seconds: Ints
    workers: Ints
    won: Floats  # 1.0: the first is said to be better
    weights: Floats

    @property
    def width(self) -> int:
        return len(self.candidates[0])


def blocks_of(judgments: Sequence[Judgment]) -> tuple[list[Block], list[str]]:
    """The comparisons by their items' number of candidates, and the workers' names."""
    workers = sorted({judgment.worker for judgment in judgments})
    number = {worker: index for index, worker in enumerate(workers)}
    by_item: dict[str, list[tuple[int, int, int, float]]] = defaultdict(list)
    for judgment in sorted(judgments):
        item, first, second = _parts(judgment.unit)
        by_item[item].append((first, second, number[judgment.worker], float(judgment.label == FIRST)))
    seen = {item: _candidates(rows) for item, rows in by_item.items()}
    by_width: dict[int, list[str]] = defaultdict(list)
    for item, candidates in seen.items():
        by_width[len(candidates)].append(item)
    truth = number.get(KNOWN, -1)
    return [_block(by_width[width], by_item, seen, truth) for width in sorted(by_width)], workers


def _parts(unit: str) -> tuple[str, int, int]:
    """The item with its mark ("17|", or nothing), and the two places."""
    item, mark, pair = unit.rpartition("|")
    first, _, second = pair.partition(":")
    return item + mark, int(first), int(second)


def _candidates(rows: Sequence[tuple[int, int, int, float]]) -> tuple[int, ...]:
    return tuple(sorted({place for row in rows for place in row[:2]}))


def _block(
    items: Sequence[str],
    by_item: Mapping[str, Sequence[tuple[int, int, int, float]]],
    seen: Mapping[str, tuple[int, ...]],
    truth: int,
) -> Block:
    rows = []
    for number, item in enumerate(items):
        index = {place: n for n, place in enumerate(seen[item])}
        compared: dict[int, set[int]] = defaultdict(set)
        for first, second, worker, _ in by_item[item]:
            compared[worker] |= {first, second}
        rows += [
            (number, index[first], index[second], worker, won, (2 / len(compared[worker])) ** 0.5)
            for first, second, worker, won in by_item[item]
        ]
    columns = list(zip(*rows, strict=True))
    item_of, firsts, seconds, workers = (np.array(column, dtype=np.int64) for column in columns[:4])
    won, weights = (np.array(column, dtype=np.float64) for column in columns[4:])
    weights = np.where(workers == truth, _KNOWN_WEIGHT, weights)
    candidates = tuple(seen[item] for item in items)
    return Block(tuple(items), candidates, item_of, firsts, seconds, workers, won, weights)


def part_of(block: Block, start: int, stop: int) -> Block:
    """Some of the items; the comparisons are in the items' order."""
    low, high = np.searchsorted(block.item_of, [start, stop])
    own = slice(low, high)
    return Block(
        items=block.items[start:stop],
        candidates=block.candidates[start:stop],
        item_of=block.item_of[own] - start,
        firsts=block.firsts[own],
        seconds=block.seconds[own],
        workers=block.workers[own],
        won=block.won[own],
        weights=block.weights[own],
    )
