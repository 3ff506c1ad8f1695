"""How much of a GPU's arithmetic a training step of ours uses (model-flops utilisation), on a BERT-base.

Weights are random and texts are made up: neither changes how long a step takes. Only where there is a GPU.
"""

import time
from typing import Any

import torch
from torch import nn
from transformers import BertConfig, BertModel

# Dense bf16 peak in operations per second, from the makers' data sheets.
PEAKS = {
    "H200": 989e12, "H100 PCIe": 756e12, "H100": 989e12, "A100": 312e12, "A10G": 70e12, "A10": 125e12,
    "L40S": 362e12, "L4": 121e12, "RTX 4090": 165e12, "RTX 3090": 71e12, "V100": 125e12,
}  # fmt: skip
LENGTH, EXAMPLES, STEPS, WARM_UP = 128, 128, 30, 10


def peak_of(name: str) -> float | None:
    """The card's peak by its name; None for one that is not listed."""
    return next((peak for part, peak in PEAKS.items() if part in name), None)


def operations(*, weights: int, tokens: int, layers: int, hidden: int, length: int) -> float:
    """Of one training step: 6 per weight and token, and 12 per layer, unit and pair of tokens for attention.

    Chowdhery et al. 2022 (PaLM), appendix B; `weights` without embeddings.
    """
    return float(tokens * (6 * weights + 12 * layers * hidden * length))


def figures() -> dict[str, float]:
    """`mfu` and the steps' tokens per second; empty without a GPU whose peak is known."""
    if not torch.cuda.is_available() or (peak := peak_of(torch.cuda.get_device_name())) is None:
        return {}
    device, config = torch.device("cuda"), BertConfig()
    network: Any = BertModel(config, add_pooling_layer=False)
    network.to(device)
    seconds = _seconds_of_a_step(network, config.vocab_size, device)
    tokens = EXAMPLES * LENGTH
    done = operations(
        weights=sum(weight.numel() for weight in network.encoder.parameters()), tokens=tokens,
        layers=config.num_hidden_layers, hidden=config.hidden_size, length=LENGTH,
    )  # fmt: skip
    return {"mfu": round(done / seconds / peak, 4), "bert_base_tokens_per_second": round(tokens / seconds)}


def _seconds_of_a_step(network: nn.Module, words: int, device: torch.device) -> float:
    """As the engine takes it: bf16 autocast, torch's own attention, clipped gradients, fused AdamW."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-5, fused=True)
    ids = torch.randint(words, (EXAMPLES, LENGTH), device=device)
    torch.set_float32_matmul_precision("high")
    began = 0.0
    for step in range(WARM_UP + STEPS):
        if step == WARM_UP:
            torch.cuda.synchronize()
            began = time.monotonic()
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device.type, torch.bfloat16):
            states = network(input_ids=ids).last_hidden_state
        states.float().square().mean().backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
    torch.cuda.synchronize()
    return (time.monotonic() - began) / STEPS
