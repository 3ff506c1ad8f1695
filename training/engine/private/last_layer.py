"""Gradients of many units at once where only the last layer learns: they follow from what goes into it.

The gradient of a linear layer's weight is the sum, over the decisions of a unit, of (gradient of the logits)
times (features), so that the encoder needs to see each text only once, in large batches and without
gradients.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from training.engine.batching import Batch
from training.engine.build import Network
from training.engine.loss import Loss

UnitGradient = tuple[Tensor, list[Tensor | None]]  # mean loss of a unit's examples, gradient of each weight


class LastLayer:
    """The quick way for a network of which nothing but `output` is trained."""

    def __init__(self, network: Network, loss: Loss) -> None:
        self._network, self._loss = network, loss

    @classmethod
    def of(cls, network: nn.Module, weights: Sequence[Tensor], loss: Loss) -> "LastLayer | None":
        """None for any other network: one with more to train, or that does more than its last layer."""
        if not isinstance(network, Network) or type(network).forward is not Network.forward:
            return None
        output = [network.output.weight, network.output.bias]
        same = len(weights) == len(output) and all(a is b for a, b in zip(weights, output, strict=True))
        return cls(network, loss) if same else None

    def of_units(self, batch: Batch, sizes: Sequence[int]) -> Iterator[UnitGradient]:
        """For each unit, in order; sizes: how many of the batch's decisions are its own."""
        with torch.no_grad():
            features = self._network.dropout(self._network.features(batch)).float()  # (N, H)
            logits = self._network.output(features).float()  # (N, C)
        logits.requires_grad_(True)
        truth = batch.truth
        owner = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes)).to(logits.device)
        weights = self._loss.weigh(truth)
        totals = torch.zeros(len(sizes), device=weights.device).index_add_(0, owner, weights)
        shares = truth.weights / torch.where(totals == 0, 1.0, totals)[owner]
        shared = self._loss(logits, truth._replace(weights=shares))
        (slopes,) = torch.autograd.grad(shared, logits)  # (N, C), of each unit's mean loss
        mean = shared.detach() / len(sizes)
        for slope, seen in zip(slopes.split(list(sizes)), features.split(list(sizes)), strict=True):
            yield mean, [slope.T @ seen, slope.sum(dim=0)]
