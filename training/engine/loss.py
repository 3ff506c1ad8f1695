"""The one loss: cross-entropy against a distribution, so that hard and soft labels are the same case."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Loss:
    """Sum over decisions of weight * cross-entropy (softmax, or one sigmoid per class when multi)."""

    multi: bool
    smoothing: float = 0.0
    class_weights: Tensor | None = None  # (C,)

    def __call__(self, logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
        """logits and targets (N, C), weights (N,) -> scalar sum."""
        if self.multi:
            losses = F.binary_cross_entropy_with_logits(
                logits, targets, pos_weight=self.class_weights, reduction="none"
            ).sum(dim=1)
            return (losses * weights).sum()
        if self.smoothing:
            targets = targets * (1 - self.smoothing) + self.smoothing / targets.shape[1]
        losses = -(targets * torch.log_softmax(logits, dim=1)).sum(dim=1)
        return (losses * self.weigh(targets, weights)).sum()

    def weigh(self, targets: Tensor, weights: Tensor) -> Tensor:
        """(N,) how much each decision counts, class weights included."""
        if self.multi or self.class_weights is None:
            return weights
        return weights * (targets @ self.class_weights)
