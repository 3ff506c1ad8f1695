"""A causal language model as a network of this engine: adapters, loss on chosen tokens, writing replies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import peft
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import AutoModelForCausalLM

from training.engine.batching import Batch, Example, Floats, Truth
from training.engine.build import load_tokenizer, read_pretrained
from training.engine.config import FitConfig
from training.engine.errors import EngineError

_TOGETHER = 8  # replies written at the same time


@dataclass(frozen=True, slots=True)
class Said:
    """A reply that was written, and how likely. mean_logprob: of its tokens. nlls: (K,) of the true reply's
    tokens, empty where none was given; hits: how many of them were the likeliest."""

    text: str
    mean_logprob: float
    nlls: Floats
    hits: int = 0


class NextToken:
    """Cross-entropy of the next token, only where a decision was asked for: on the reply, not the prompt."""

    def __init__(self, smoothing: float = 0.0) -> None:
        self._smoothing = smoothing

    def __call__(self, outputs: Tensor, truth: Truth) -> Tensor:
        """(N, V) logits against (N, 1) token ids."""
        wanted = truth.targets[:, 0].long()
        losses = F.cross_entropy(outputs, wanted, reduction="none", label_smoothing=self._smoothing)
        return (losses * self.weigh(truth)).sum()

    def weigh(self, truth: Truth) -> Tensor:
        """Every token of a reply counts, as its row does."""
        return truth.weights


class Decoder(nn.Module):
    """A causal model whose output layer is applied only to the tokens that are decided on."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        super().__init__()
        self.encoder = model
        self.tokenizer = tokenizer

    @property
    def plain(self) -> Any:
        """The model itself, whether or not adapters lie on it."""
        return self.encoder.get_base_model() if isinstance(self.encoder, peft.PeftModel) else self.encoder

    def forward(self, batch: Batch) -> Tensor:
        """(N, V) logits of the token after each of the N positions of a batch."""
        model = self.plain
        backbone = getattr(model, model.base_model_prefix)
        states = backbone(input_ids=batch.ids, attention_mask=batch.mask.long(), use_cache=False)
        decided = states.last_hidden_state.flatten(0, 1)[batch.leads]
        logits: Tensor = model.get_output_embeddings()(decided).float()
        return logits

    @torch.inference_mode()
    def replies(
        self, prompts: Sequence[Sequence[int]], *, device: torch.device, most_tokens: int, warmth: float,
        check: Callable[[], None],
    ) -> list[tuple[str, float]]:  # fmt: skip
        """A text and the mean log-probability of its tokens for each prompt; greedy at warmth 0."""
        found: list[tuple[str, float]] = [("", 0.0)] * len(prompts)
        order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
        for start in range(0, len(order), _TOGETHER):
            check()
            part = order[start : start + _TOGETHER]
            written = self._write([prompts[index] for index in part], device, most_tokens, warmth)
            for index, reply in zip(part, written, strict=True):
                found[index] = reply
        return found

    @torch.inference_mode()
    def reply_in_time(
        self, prompt: Sequence[int], *, device: torch.device, most_tokens: int, most_seconds: float
    ) -> str:
        """Written greedily; "" where it has not come to its end within so many tokens and seconds."""
        end = self.tokenizer.eos_token_id
        ids = torch.tensor([list(prompt)], device=device)
        written = self.encoder.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=most_tokens,
            max_time=most_seconds, do_sample=False, pad_token_id=end, eos_token_id=end,
        )[0, ids.shape[1] :]  # fmt: skip
        if not len(written) or int(written[-1]) != end:
            return ""
        return str(self.tokenizer.decode(written, skip_special_tokens=True)).strip()

    def _write(
        self, prompts: Sequence[Sequence[int]], device: torch.device, most_tokens: int, warmth: float
    ) -> list[tuple[str, float]]:
        end = self.tokenizer.eos_token_id
        pad = self.tokenizer.pad_token_id if self.tokenizer.pad_token_id is not None else end
        width = max(map(len, prompts))
        ids = torch.full((len(prompts), width), pad, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, prompt in enumerate(prompts):  # padded on the left: what is written follows the prompt
            ids[row, width - len(prompt) :] = torch.tensor(prompt)
            mask[row, width - len(prompt) :] = 1
        warm = {"do_sample": True, "temperature": warmth} if warmth else {"do_sample": False}
        done = self.encoder.generate(
            input_ids=ids.to(device), attention_mask=mask.to(device), max_new_tokens=most_tokens,
            pad_token_id=pad, eos_token_id=end, return_dict_in_generate=True, output_logits=True, **warm,
        )  # fmt: skip
        written = done.sequences[:, width:]
        # One step at a time: the (B, L, V) probabilities of all steps would be gigabytes.
        steps = zip(done.logits, written.T, strict=True)
        chosen = torch.stack([_logprobs(logits, tokens) for logits, tokens in steps], dim=1)  # (B, L)
        return [self._reply(row, sure, end) for row, sure in zip(written.cpu(), chosen.cpu(), strict=True)]

    def _reply(self, written: Tensor, logprobs: Tensor, end: int) -> tuple[str, float]:
        ends = (written == end).nonzero()
        length = int(ends[0, 0]) + 1 if len(ends) else len(written)
        text = self.tokenizer.decode(written[:length], skip_special_tokens=True).strip()
        return text, float(logprobs[:length].mean()) if length else 0.0


def _logprobs(logits: Tensor, tokens: Tensor) -> Tensor:
    """(B,) log p of one token each, from (B, V) logits."""
    return logits.float().log_softmax(dim=1).gather(1, tokens[:, None])[:, 0]


def load_decoder(base: str) -> Any:
    """A causal model in float32 with its tokenizer beside it. EngineError when it is none."""
    model = read_pretrained(AutoModelForCausalLM, base)
    if model.get_output_embeddings() is None:
        raise EngineError(f"The base model {base} cannot write; a text field needs a causal decoder.")
    model.reply_tokenizer = load_tokenizer(base)
    if model.reply_tokenizer.eos_token_id is None:
        raise EngineError(f"The tokenizer of {base} has no end-of-text token, so a reply would never end.")
    return model


def with_adapters(model: Any, config: FitConfig) -> Any:
    """The model with low-rank adapters on its linear layers, alone in being trained (Hu et al. 2022, "LoRA").

    Rank 0 trains the model itself.
    """
    if not config.lora_rank:
        return model
    names: Any = config.lora_targets.split(",") if config.lora_targets != "auto" else "all-linear"
    chosen = peft.LoraConfig(
        r=config.lora_rank, lora_alpha=config.lora_alpha, lora_dropout=config.lora_dropout,
        target_modules=names, task_type="CAUSAL_LM",
    )  # fmt: skip
    torch.manual_seed(config.seed)
    try:
        return peft.get_peft_model(model, chosen)
    except ValueError as error:
        raise EngineError(f"Adapters do not fit this model: {error}") from error


def save_decoder(network: Decoder, folder: Path) -> None:
    """The whole model, adapters merged into it, so that it is served without the base model at hand."""
    model = network.encoder
    if isinstance(model, peft.PeftModel):
        model = model.merge_and_unload()
    model.save_pretrained(folder)


def true_nlls(logits: Floats, example: Example) -> tuple[Floats, int]:
    """(K,) -log p of the true reply's tokens from (K, V) logits, and how many were the likeliest."""
    wanted = torch.from_numpy(np.asarray(example.targets))[:, 0].long()
    scores = torch.from_numpy(logits)
    nlls = F.cross_entropy(scores, wanted, reduction="none").numpy()
    return nlls, int((scores.argmax(dim=1) == wanted).sum())
