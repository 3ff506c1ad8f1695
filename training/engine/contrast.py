"""Contrastive loss: texts that belong together are drawn together, all others of the batch pushed apart."""

from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from training.engine.batching import Truth


@dataclass(frozen=True, slots=True)
class Contrast:
    """Supervised contrastive loss over a batch (Khosla et al. 2020, equation 2).

    For each text a the mean over its partners p of -log(exp(a.p / t) / sum over all other texts n of
    exp(a.n / t)), with vectors of length one and temperature t; a text without partner counts nothing.
    by_bundle: partners are the texts of one example, if it says "same" (its target is above zero); otherwise
    all texts that share a label. Only what stands in one micro-batch is compared.
    """

    compares: ClassVar[bool] = True
    temperature: float = 0.1
    by_bundle: bool = False

    def __call__(self, outputs: Tensor, truth: Truth) -> Tensor:
        """(N, H) vectors and their truth -> sum of the loss over those with a partner."""
        vectors = F.normalize(outputs.float(), dim=1)
        itself = torch.eye(len(vectors), dtype=torch.bool, device=vectors.device)
        likeness = (vectors @ vectors.T / self.temperature).masked_fill(itself, float("-inf"))  # (N, N)
        chances = torch.log_softmax(likeness, dim=1).masked_fill(itself, 0.0)
        partners = self._partners(truth)
        losses = -(chances * partners).sum(dim=1) / partners.sum(dim=1).clamp_min(1)
        return (losses * self.weigh(truth)).sum()

    def weigh(self, truth: Truth) -> Tensor:
        """The weight of each text that has a partner."""
        return truth.weights * self._partners(truth).any(dim=1)

    def _partners(self, truth: Truth) -> Tensor:
        """(N, N) which texts belong together; none with itself."""
        if self.by_bundle:
            together = (truth.bundles[:, None] == truth.bundles) & (truth.targets.sum(dim=1) > 0)
        else:
            together = truth.targets @ truth.targets.T > 0
        return together & ~torch.eye(len(together), dtype=torch.bool, device=together.device)
