"""Examples to batches: bucketed by length under a token budget, so that little of a batch is padding."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from training.engine.arrays import Floats as Floats
from training.engine.arrays import Ints as Ints

Step = list[Ints]  # positions of the examples of one optimizer step, in the parts that are padded together

MOST_PADDING = 0.05  # share of an epoch's positions
_POOL_BATCHES = 64  # sorted together: large enough for little padding, small enough to stay random


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One model input; T tokens, K decisions, C classes.

    row, turn: where it comes from. leads: (K,) positions of the tokens that are decided on, or (K, S) where
    a decision looks at S tokens; every other token (special, continuation, context, overlap of windows) is
    ignored in the loss, as -100 would do. Empty leads mean one decision on the mean of positions
    pool[0]..pool[1]. offsets: (K, 2) code points of the units decided. targets: (K, C), or None when
    predicting. others: further inputs that are decided on together with this one (the other candidates of a
    ranking); they stay in one micro-batch, and their decisions follow this one's.
    """

    row: int
    turn: int
    ids: Ints
    types: Ints
    pool: tuple[int, int]
    leads: Ints
    offsets: Ints | None = None
    targets: Floats | None = None
    weight: float = 1.0
    others: tuple["Example", ...] = ()

    @classmethod
    def bundle(cls, parts: Sequence["Example"]) -> "Example":
        """One example of several inputs, the first of them in front."""
        return replace(parts[0], others=tuple(parts[1:]))

    @property
    def inputs(self) -> tuple["Example", ...]:
        return (self, *self.others)

    @property
    def tokens(self) -> int:
        return sum(len(part.ids) for part in self.inputs)

    @property
    def length(self) -> int:
        """What it costs in a batch: its tokens, with its own inputs padded to the longest of them."""
        return len(self.inputs) * max(len(part.ids) for part in self.inputs)

    @property
    def decisions(self) -> int:
        return sum(len(part.leads) or 1 for part in self.inputs)


class Truth(NamedTuple):
    """What the outputs for N decisions are held against."""

    targets: Tensor  # (N, C); empty when predicting
    weights: Tensor  # (N,)
    bundles: Tensor  # (N,) ascending; decisions of one example have the same number

    @classmethod
    def of(cls, examples: Sequence[Example]) -> "Truth":
        """The examples' own, in order, on the CPU."""
        targets = [part.targets for e in examples for part in e.inputs if part.targets is not None]
        counts = [example.decisions for example in examples]
        arrays = (
            np.concatenate(targets) if targets else np.zeros((0, 0), dtype=np.float32),
            np.repeat([example.weight for example in examples], counts).astype(np.float32),
            np.repeat(np.arange(len(examples)), counts),
        )
        return cls(*(torch.from_numpy(array) for array in arrays))

    @classmethod
    def join(cls, parts: Sequence["Truth"]) -> "Truth":
        """Those of several batches behind one another."""
        bundles, shift = [], 0
        for part in parts:
            bundles.append(part.bundles + shift)
            shift += int(part.bundles[-1]) + 1 if len(part.bundles) else 0
        return cls(
            torch.cat([part.targets for part in parts]), torch.cat([part.weights for part in parts]),
            torch.cat(bundles),
        )  # fmt: skip

    def to(self, device: torch.device) -> "Truth":
        return Truth(*(_carry(tensor, device) for tensor in self))


@dataclass(frozen=True, slots=True)
class Batch:
    """B inputs padded to T tokens, N decisions in order of the examples."""

    ids: Tensor  # (B, T)
    types: Tensor  # (B, T)
    mask: Tensor  # (B, T), True on real tokens
    leads: Tensor  # (N,) or (N, S) positions in the flattened (B * T); empty when pooling
    pool: Tensor  # (B, T) of 0 and 1; empty when not pooling
    truth: Truth


def collate(examples: Sequence[Example], pad_id: int, device: torch.device) -> Batch:
    """Pad to the longest example of this batch, never to a fixed length."""
    inputs = [part for example in examples for part in example.inputs]
    lengths = np.array([len(part.ids) for part in inputs])
    size, width = len(inputs), int(lengths.max())
    ids = np.full((size, width), pad_id, dtype=np.int64)
    types = np.zeros((size, width), dtype=np.int64)
    tagging = len(examples[0].leads) > 0
    pool = np.zeros((size, width) if not tagging else (0, 0), dtype=np.float32)
    for index, part in enumerate(inputs):
        ids[index, : lengths[index]] = part.ids
        types[index, : lengths[index]] = part.types
        if not tagging:
            pool[index, part.pool[0] : part.pool[1]] = 1
    leads = np.concatenate([part.leads + index * width for index, part in enumerate(inputs)])
    arrays = (ids, types, np.arange(width) < lengths[:, None], leads.astype(np.int64), pool)
    id_, type_, mask, lead, share = (_carry(torch.from_numpy(array), device) for array in arrays)
    return Batch(id_, type_, mask, lead, share, Truth.of(examples).to(device))


def _carry(tensor: Tensor, device: torch.device) -> Tensor:
    """To a GPU from pinned memory, so that the copy goes on beside whatever the card computes."""
    if device.type == "cuda":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


def cut(order: Ints, lengths: Ints, *, examples: int, tokens: int) -> list[Ints]:
    """Cut an order into runs of at most `examples` and `tokens` padded tokens (but one example at least)."""
    runs: list[Ints] = []
    begin, longest = 0, 0
    for index, position in enumerate(order):
        longest = max(longest, int(lengths[position]))
        if index > begin and (index - begin >= examples or (index - begin + 1) * longest > tokens):
            runs.append(order[begin:index])
            begin, longest = index, int(lengths[position])
    return [*runs, order[begin:]] if len(order) else []


def plan_epoch(lengths: Ints, *, examples: int, tokens: int, seed: int, epoch: int) -> list[Ints]:
    """The batches of one epoch, a pure function of seed and epoch, so that a resumed run finds its place."""
    generator = np.random.default_rng((seed, epoch))
    order = generator.permutation(len(lengths))
    batches: list[Ints] = []
    for begin in range(0, len(order), examples * _POOL_BATCHES):
        pool = order[begin : begin + examples * _POOL_BATCHES]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        batches += cut(pool, lengths, examples=examples, tokens=tokens)
    return [batches[index] for index in generator.permutation(len(batches))]


def narrow(
    batches: Sequence[Ints], lengths: Ints, *, most: float = MOST_PADDING, worth: int = 1
) -> list[Step]:  # fmt: skip
    """The batches as steps, cut into parts of like length so that padding has at most the share `most`.

    A step sees the same examples as before, only in several passes. A pass has a price of its own, so
    whichever cut saves most comes first, and there are no more of them than it takes. (Where batches are
    drawn from many examples of like length, as in all but small data sets, it takes none.)
    worth: positions that a cut must save to be made.
    """
    steps = [[batch[np.argsort(lengths[batch], kind="stable")]] for batch in batches]
    real = sum(int(lengths[batch].sum()) for batch in batches)
    excess = sum(_padded(batch, lengths) for batch in batches) - real / (1 - most)
    best = [(*_best_cut(parts[0], lengths), number, 0) for number, parts in enumerate(steps)]
    heapq.heapify(best)
    while excess > 0 and best:
        saved, at, number, place = heapq.heappop(best)
        parts, part = steps[number], steps[number][place]
        if -saved < worth:
            break
        parts[place] = part[:at]
        parts.append(part[at:])
        excess += saved
        for index in (place, len(parts) - 1):
            heapq.heappush(best, (*_best_cut(parts[index], lengths), number, index))
    return steps


def _best_cut(part: Ints, lengths: Ints) -> tuple[int, int]:
    """Minus the positions that the best cut of a sorted part saves, and where that cut is."""
    widths = lengths[part]
    saved = np.arange(len(widths)) * (widths[-1] - np.roll(widths, 1))  # cut before i: i parts get narrower
    at = int(saved.argmax())
    return -int(saved[at]), at


def _padded(part: Ints, lengths: Ints) -> int:
    return len(part) * int(lengths[part].max())


def padding_share(parts: Sequence[Ints], lengths: Ints) -> float:
    """Share of padded positions over all that is padded together, 0..1."""
    padded = sum(_padded(part, lengths) for part in parts)
    return 1 - sum(int(lengths[part].sum()) for part in parts) / padded if padded else 0.0
