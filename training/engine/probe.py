"""The last layer fitted on the untouched encoder, before anything is fine-tuned.

A new layer starts at random, and while it finds its way its large gradients spoil what the encoder knows;
with a few hundred rows that is never made good again. Fitting the layer first costs one forward pass and
keeps the encoder's features (Kumar et al. 2022, "Fine-Tuning can Distort Pretrained Features and Underperform
Out-of-Distribution").
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from training.engine.batching import Example, Truth, collate, cut
from training.engine.build import Network
from training.engine.loss import Loss

_MOST_EXAMPLES = 2000
_BATCH_TOKENS = 8192
_ITERATIONS = 100
_STRENGTH = 10.0  # inverse weight of the L2 penalty, for features of unit length


def fit_output(
    network: Network, examples: Sequence[Example], *, loss: Loss, pad_id: int, device: torch.device,
    bf16: bool, seed: int, check: Callable[[], None],
) -> float:  # fmt: skip
    """Set `network.output` to the L2-regularised optimum on the frozen features; returns its objective."""
    if len(examples) > _MOST_EXAMPLES:
        chosen = np.random.default_rng(seed).choice(len(examples), _MOST_EXAMPLES, replace=False)
        examples = [examples[index] for index in chosen]
    features, truth = _features(network, examples, pad_id, device, bf16, check)
    scale = features.norm(dim=1).mean().clamp_min(1e-6)
    with torch.enable_grad():
        matrix, bias, value = _solve(features / scale, truth, loss, network.output.out_features)
    with torch.no_grad():
        network.output.weight.copy_(matrix / scale)
        network.output.bias.copy_(bias)
    return value


def _features(
    network: Network, examples: Sequence[Example], pad_id: int, device: torch.device, bf16: bool,
    check: Callable[[], None],
) -> tuple[Tensor, Truth]:  # fmt: skip
    """(N, H) inputs of the last layer, and what its outputs are held against."""
    lengths = np.array([example.length for example in examples], dtype=np.int64)
    order = np.argsort(lengths, kind="stable")
    network.eval()
    found: list[tuple[Tensor, Truth]] = []
    for part in cut(order, lengths, examples=len(order), tokens=_BATCH_TOKENS):
        check()
        batch = collate([examples[index] for index in part], pad_id, device)
        with torch.no_grad(), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            found.append((network.features(batch).float(), batch.truth))
    return torch.cat([features for features, _ in found]), Truth.join([truth for _, truth in found])


def _solve(features: Tensor, truth: Truth, loss: Loss, classes: int) -> tuple[Tensor, Tensor, float]:
    """Minimise the mean loss plus |W|^2 / (2 * strength * N) by L-BFGS, from zero."""
    matrix = features.new_zeros(classes, features.shape[1], requires_grad=True)
    bias = features.new_zeros(classes, requires_grad=True)
    total = loss.weigh(truth).sum().clamp_min(1e-6)
    search = torch.optim.LBFGS([matrix, bias], max_iter=_ITERATIONS, line_search_fn="strong_wolfe")

    def objective() -> Tensor:
        search.zero_grad()
        penalty = matrix.square().sum() / (2 * _STRENGTH)
        value = (loss(F.linear(features, matrix, bias), truth) + penalty) / total
        value.backward()  # type: ignore[no-untyped-call]
        return value

    search.step(objective)  # type: ignore[no-untyped-call]
    return matrix.detach(), bias.detach(), objective().item()
