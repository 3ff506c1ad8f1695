"""What training makes small. Most heads share one loss, cross-entropy against a distribution."""

from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from training.engine.batching import Truth


class Loss(Protocol):
    """Summed, not averaged, so that a step may be cut into micro-batches; the loop divides by the weights.

    One that holds the decisions of a batch against each other says so by `compares = True`: a cut would
    change it, and is made only where memory forces one.
    """

    def __call__(self, outputs: Tensor, truth: Truth) -> Tensor:
        """The network's outputs for N decisions, and their truth -> scalar sum of weight * loss."""

    def weigh(self, truth: Truth) -> Tensor:
        """(N,) how much each decision counts; their sum is what the summed loss is divided by."""


@dataclass(frozen=True, slots=True)
class CrossEntropy:
    """Softmax, or one sigmoid per class when multi; hard and soft labels are the same case."""

    multi: bool = False
    smoothing: float = 0.0
    class_weights: Tensor | None = None  # (C,)

    def __call__(self, outputs: Tensor, truth: Truth) -> Tensor:
        """(N, C) logits against (N, C) shares."""
        targets, favour = truth.targets, self.class_weights
        if self.multi:
            favour = None if favour is None else favour.to(targets.device)
            losses = F.binary_cross_entropy_with_logits(
                outputs, targets, pos_weight=favour, reduction="none"
            ).sum(dim=1)
            return (losses * truth.weights).sum()
        if self.smoothing:
            targets = targets * (1 - self.smoothing) + self.smoothing / targets.shape[1]
        losses = -(targets * torch.log_softmax(outputs, dim=1)).sum(dim=1)
        return (losses * self.weigh(truth._replace(targets=targets))).sum()

    def weigh(self, truth: Truth) -> Tensor:
        """The decision's weight, class weights included."""
        if self.multi or self.class_weights is None:
            return truth.weights
        return truth.weights * (truth.targets @ self.class_weights.to(truth.targets.device))
