"""AdamW with a rate for each layer, and how rates rise and fall over a run."""

import re

import torch
from torch import nn

from training.engine.config import ALL_LAYERS, FitConfig

_NOT_DECAYED = ("bias", "norm", "embeddings")
_LAYER = re.compile(r"\.(\d+)\.")


def rate(step: int, total: int, config: FitConfig) -> float:
    """Share of the peak rate: up in a line over the warm-up, then down in a line to `final_rate`."""
    warmup = max(1, round(total * config.warmup_share))
    if step + 1 < warmup:
        return (step + 1) / warmup
    left = min(1.0, (total - step) / max(1, total - warmup))
    return config.final_rate + (1 - config.final_rate) * left


def make_optimizer(network: nn.Module, config: FitConfig) -> torch.optim.AdamW:
    """AdamW, fused where the device has it; no decay on biases, norms, embeddings; own rate for the head."""
    if config.freeze_embeddings:
        network.encoder.get_input_embeddings().requires_grad_(False)  # type: ignore[union-attr,operator]
    if config.tuned_layers != ALL_LAYERS:
        freeze_below(network, config.tuned_layers)
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter, peak in peak_rates(network, config):
        plain = any(part in name.lower() for part in _NOT_DECAYED)
        groups.setdefault((peak, 0.0 if plain else config.weight_decay), []).append(parameter)
    device = next(network.parameters()).device
    return torch.optim.AdamW(
        [
            {"params": parameters, "lr": peak, "peak": peak, "weight_decay": decay}
            for (peak, decay), parameters in groups.items()
        ],
        fused=device.type in ("cpu", "cuda", "mps", "xpu"),
    )


def freeze_below(network: nn.Module, tuned: int) -> None:
    """Leave only the top `tuned` layers of the encoder to be trained, and what stands on it."""
    layers = {name: _layer(name) for name, _ in network.named_parameters() if name.startswith("encoder.")}
    top = max(layers.values(), default=0)
    for name, weight in network.named_parameters():
        if name in layers and layers[name] <= top - tuned:
            weight.requires_grad_(False)


def peak_rates(network: nn.Module, config: FitConfig) -> list[tuple[str, nn.Parameter, float]]:
    """Name, weight and peak rate of all that is trained.

    With L layers in the encoder, layer l of 1..L learns at learning_rate * layer_decay^(L - l), and the
    embeddings as a layer 0: what lies lower is more general and should move less (Howard and Ruder 2018,
    "Universal Language Model Fine-tuning for Text Classification").
    """
    named = [(name, weight) for name, weight in network.named_parameters() if weight.requires_grad]
    layers = {name: _layer(name) for name, _weight in named if name.startswith("encoder.")}
    top = max(layers.values(), default=0)
    return [
        (name, weight,
         config.learning_rate * config.layer_decay ** (top - layers[name]) if name in layers
         else config.head_learning_rate)
        for name, weight in named
    ]  # fmt: skip


def _layer(name: str) -> int:
    """1 for "encoder.encoder.layer.0.output...", 0 for what belongs to no layer."""
    found = _LAYER.search(name)
    return int(found[1]) + 1 if found else 0
