"""The mean of the weights over the last steps in place of the last step's own.

While the rate is above zero the weights wander round a minimum; their mean lies nearer to its middle and
generalises better, at the price of one pass over them per step (Izmailov et al. 2018, "Averaging Weights
Leads to Wider Optima and Better Generalization").
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

_KEY = "average"


class Averaging:
    """Adds up from step `steps * (1 - share)` on; a share of 0 does nothing.

    The mean of a weight is kept in the optimizer's state of it, and so in every checkpoint.
    """

    def __init__(self, optimizer: torch.optim.Optimizer, *, share: float, steps: int) -> None:
        self._optimizer = optimizer
        self._begin = round(steps * (1 - share))
        self._weights = [weight for group in optimizer.param_groups for weight in group["params"]]

    @torch.no_grad()
    def add(self, step: int) -> None:
        """Take in the weights after `step` steps, the first being 1."""
        count = step - self._begin
        for weight in self._weights if count > 0 else ():
            state = self._optimizer.state[weight]
            if _KEY in state:
                state[_KEY].lerp_(weight, 1 / count)
            else:
                state[_KEY] = weight.detach().clone()

    @contextmanager
    def shown(self) -> Iterator[None]:
        """The network holds the mean inside the block, if there is one yet, and its own weights after it."""
        self._exchange()
        try:
            yield
        finally:
            self._exchange()

    @torch.no_grad()
    def _exchange(self) -> None:
        for weight in self._weights:
            if (mean := self._optimizer.state[weight].get(_KEY)) is not None:
                kept = weight.clone()
                weight.copy_(mean)
                mean.copy_(kept)
