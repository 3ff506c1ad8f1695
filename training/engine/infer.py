"""Logits of many examples, without gradients, in large batches of equal length."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn

from training.engine.batching import Example, Floats, collate, cut, narrow
from training.engine.device import is_out_of_memory
from training.engine.errors import EngineError

_LARGEST = 1024  # examples in one batch
_PASS = 512  # positions: what a further pass costs about as much as


def logits_of(
    network: nn.Module,
    examples: Sequence[Example],
    *,
    pad_id: int,
    device: torch.device,
    bf16: bool = False,
    tokens: int = 16384,
    check: Callable[[], None] = lambda: None,
) -> list[Floats]:
    """(K, C) logits per example, in order. `check` is called between batches and may raise to stop."""
    results: list[Floats] = [np.zeros((0, 0), dtype=np.float32)] * len(examples)
    lengths = np.array([example.length for example in examples], dtype=np.int64)
    batches = cut(np.argsort(lengths, kind="stable"), lengths, examples=_LARGEST, tokens=tokens)
    waiting = [part for step in narrow(batches, lengths, worth=_PASS) for part in step]
    network.eval()
    while waiting:
        check()
        chosen = waiting.pop()
        part = [examples[index] for index in chosen]
        try:
            with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
                logits = network(collate(part, pad_id, device)).cpu().numpy()
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            if len(chosen) == 1:
                raise EngineError("Out of memory on a single example; lower max_length.") from error
            waiting += [chosen[len(chosen) // 2 :], chosen[: len(chosen) // 2]]
            continue
        ends = np.cumsum([example.decisions for example in part])
        for index, scores in zip(chosen, np.split(logits, ends[:-1]), strict=True):
            results[index] = scores
    return results
