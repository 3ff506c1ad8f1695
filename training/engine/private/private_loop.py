"""Training in which no single conversation shows: DP-SGD with our optimizer (Abadi et al. 2016).

In each step every unit (a conversation with all that belongs to its group, or a single example) takes part by
lot. Its gradient is that of the mean loss of its examples, clipped to `dp_max_grad_norm`; the sum over units
gets Gaussian noise and is divided by the number of units expected. Gradients are taken one unit after the
other: exact for every network (adapters, bundles of candidates, many decisions in a text), where hooks that
read the gradient of each example off its layers know only some; on a processor it costs the same (decision
0148).
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from training.engine.batching import Ints, Step, Truth, collate, cut
from training.engine.checkpoint import Progress
from training.engine.errors import EngineError
from training.engine.loop import Loop, seed_of
from training.engine.private import budget, draws
from training.engine.private.last_layer import LastLayer, UnitGradient

_EMPTY: Ints = np.zeros(0, dtype=np.int64)
_TINY = 1e-6


class PrivateLoop(Loop):
    """units: the name of the unit of each example."""

    def __init__(self, *args: Any, units: Sequence[str], secret: draws.Secret, **options: Any) -> None:
        self.units, self.secret = draws.by_unit(units), secret
        super().__init__(*args, **options)
        config, count = self.config, len(self.units)
        self.rate = min(1.0, config.batch_examples / count)
        self.delta = config.dp_delta or budget.usual_delta(count)
        if self.delta >= 1 / count:
            raise EngineError(
                f"dp_delta must lie below one in the number of units, 1/{count}: at {self.delta:g} a model "
                "may publish a whole conversation and still keep the promise."
            )
        self.weights = [weight for weight in self.network.parameters() if weight.requires_grad]
        self.last_layer = LastLayer.of(self.network, self.weights, self.loss)

    def run(self) -> Progress:
        progress = super().run()
        self.report("log", level="info", message="privacy", **self.statement())
        return progress

    def statement(self) -> dict[str, Any]:
        """What the training up to here guarantees, for the report and the card."""
        found = self._spent()
        return {
            "mechanism": "DP-SGD (Poisson sampling, clipped gradients, Gaussian noise) with AdamW",
            "epsilon": found.epsilon, "delta": self.delta, "accountant": found.accountant,
            "unit": self.config.dp_unit, "units": len(self.units),
            "unit_examples": self.config.dp_unit_examples, "max_grad_norm": self.config.dp_max_grad_norm,
            "noise_multiplier": self.progress.noise_multiplier, "sample_rate": self.rate,
            "steps": self.progress.step, "secure_mode": False,
        }  # fmt: skip

    def _spent(self) -> budget.Spent:
        noise, steps = self._noise(), self.progress.step
        return budget.spent(noise=noise, rate=self.rate, steps=steps, delta=self.delta)

    def _noise(self) -> float:
        """The multiplier, worked out before the first step and then kept in every checkpoint: what is spent
        follows from it, the rate and the number of steps."""
        if not self.progress.noise_multiplier:
            asked = self.config.dp_noise_multiplier
            self.progress.noise_multiplier = asked or budget.noise_for(
                self.config.dp_epsilon, rate=self.rate, steps=self.total_steps, delta=self.delta
            )
        return self.progress.noise_multiplier

    # -- who takes part -----------------------------------------------------------------------------------

    def _plan(self, epoch: int) -> list[Ints]:
        """As many steps as it takes for each unit to take part once on average."""
        return [_EMPTY] * max(1, round(len(self.units) / self.config.batch_examples))

    def _steps(self, epoch: int) -> list[Step]:
        lots = self.secret.lots(epoch)
        most = self.config.dp_unit_examples
        return [
            draws.draw(self.units, rate=self.rate, most=most, lots=lots)
            for _ in range(len(self._plan(epoch)))
        ]

    # -- one step -----------------------------------------------------------------------------------------

    def _gradients(self, step: Step) -> Tensor:
        """The noisy mean of clipped gradients goes to the weights; returns the mean loss of who took part."""
        torch.manual_seed(seed_of(self.config.seed, self.progress.step, self.team.rank))
        self.optimizer.zero_grad(set_to_none=True)
        summed = [torch.zeros_like(weight) for weight in self.weights]
        losses = torch.zeros((), device=self.device)
        for loss, gradient in self._units_of(step):
            add_clipped(summed, gradient, norm=self.config.dp_max_grad_norm)
            losses += loss
        generator = self.secret.noise(self.progress.step, self.device)
        scale, expected = self._noise() * self.config.dp_max_grad_norm, self.rate * len(self.units)
        for weight, total in zip(self.weights, summed, strict=True):
            noise = draws.noise_like(weight, scale=scale, generator=generator)
            weight.grad = (total + noise.to(total.dtype)) / expected
        return losses / max(1, len(step))

    def _units_of(self, step: Step) -> Iterator[UnitGradient]:
        if self.last_layer is None:
            yield from map(self._of_unit, step)
            return
        sizes: Ints = np.array([len(unit) * int(self.lengths[unit].max()) for unit in step], dtype=np.int64)
        order = np.argsort(sizes, kind="stable")  # like lengths together: little of a batch is padding
        for part in cut(order, sizes, examples=512, tokens=self.progress.micro_tokens):
            units = [[self.examples[index] for index in step[place]] for place in part]
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
                batch = collate([one for unit in units for one in unit], self.pad_id, self.device)
                yield from self.last_layer.of_units(batch, [sum(e.decisions for e in unit) for unit in units])

    def _of_unit(self, unit: Ints) -> UnitGradient:
        """The mean loss of one unit's examples, and its gradient, by micro-batches."""
        total = float(self.loss.weigh(Truth.of([self.examples[index] for index in unit])).sum()) or 1.0
        gradient: list[Tensor | None] = [None] * len(self.weights)
        summed = torch.zeros((), device=self.device)
        for part in self._micro_batches([unit]):
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
                outputs = self.network(part)
            loss = self.loss(outputs, part.truth) / total
            found = torch.autograd.grad(loss, self.weights, allow_unused=True)
            gradient = [_plus(one, other) for one, other in zip(gradient, found, strict=True)]
            summed += loss.detach()
        return summed, gradient

    def _shape_gradients(self) -> None:
        """Nothing more: what is clipped is clipped, and the noise must stay what was counted."""


def add_clipped(summed: Sequence[Tensor], gradient: Sequence[Tensor | None], *, norm: float) -> None:
    """Add one unit's gradient, scaled down to a length of at most `norm`; left out where not finite."""
    held = [part for part in gradient if part is not None]
    length = float(nn.utils.get_total_norm(held)) if held else 0.0
    if not math.isfinite(length):
        return
    share = min(1.0, norm / (length + _TINY))
    for total, part in zip(summed, gradient, strict=True):
        if part is not None:
            total.add_(part, alpha=share)


def _plus(one: Tensor | None, other: Tensor | None) -> Tensor | None:
    if one is None or other is None:
        return other if one is None else one
    return one + other
