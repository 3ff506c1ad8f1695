"""Two stock layers that cost more than they need on a CPU, replaced by ones that compute the same.

Measured with the starter model in bf16 on AVX-512 (32 turns of 36 tokens a step, one core): torch's fused
attention took 39 % of a step's time, nearly all of it in its backward pass, and dropout 7 %; with these two a
step takes 0.59 of the time. The figures are in docs/decisions/0098-where-a-training-step-goes.md.
"""

from typing import Any

import torch
from torch import Tensor, nn
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, eager_mask
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

_ATTENTION = "short_or_sdpa"
_SHORT = 256  # tokens; beyond it the (T, T) scores take more memory than their speed is worth


def quicken(encoder: Any) -> None:
    """Prepare an encoder for training in bf16 on a CPU; the weights stay what they are."""
    if encoder.config._attn_implementation == "sdpa":
        encoder.set_attn_implementation(_ATTENTION)
    for module in list(encoder.modules()):
        for name, child in module.named_children():
            if type(child) is nn.Dropout:
                setattr(module, name, ByteDropout(child.p).train(child.training))


def _attention(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None,
    dropout: float = 0.0, scaling: float | None = None, **options: Any,
) -> tuple[Tensor, None]:  # fmt: skip
    """(B, H, T, D) queries, keys, values and a mask to be added -> (B, T, H, D).

    Plain matrix products for short texts in bf16, torch's fused attention for everything else.
    """
    mask = None if attention_mask is None else attention_mask.to(query.dtype)
    if not _is_plain(module, query, key, mask, dropout, options):
        attended: tuple[Tensor, None] = sdpa_attention_forward(
            module, query, key, value, mask, dropout=dropout, scaling=scaling, **options
        )
        return attended
    scores = query @ key.transpose(2, 3) * (query.shape[3] ** -0.5 if scaling is None else scaling)
    shares = torch.softmax(scores if mask is None else scores + mask, dim=3)  # (B, H, T, T)
    return (shares.to(value.dtype) @ value).transpose(1, 2).contiguous(), None


def _is_plain(
    module: nn.Module, query: Tensor, key: Tensor, mask: Tensor | None, dropout: float,
    options: dict[str, Any],
) -> bool:  # fmt: skip
    """Whether this is attention without any of the extras that some models have, on short texts in bf16."""
    extra = dropout or key.shape[1] != query.shape[1] or options.get("position_bias") is not None
    causal = mask is None and getattr(module, "is_causal", False)
    return not extra and not causal and query.dtype == torch.bfloat16 and key.shape[2] <= _SHORT


ALL_ATTENTION_FUNCTIONS.register(_ATTENTION, _attention)
ALL_MASK_ATTENTION_FUNCTIONS.register(_ATTENTION, eager_mask)


class ByteDropout(nn.Dropout):
    """Dropout that draws a byte instead of a float for each unit, eight of them from one random number.

    The share dropped is p rounded to 1/256, and what stays is scaled by exactly that share, so that the
    expectation is kept. The numbers come from torch's own generator: seeds and checkpoints hold as before.
    """

    def forward(self, states: Tensor) -> Tensor:
        limit = round(self.p * 256)
        if not self.training or limit == 0:
            return states
        draws = torch.empty((states.numel() + 7) // 8, dtype=torch.int64).random_(-(2**63), None)
        bytes_ = draws.view(torch.uint8)[: states.numel()].view(states.shape)
        return states * (bytes_ >= limit).to(states.dtype).mul_(1 / (1 - limit / 256))
