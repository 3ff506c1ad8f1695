"""Replies: a causal decoder is tuned to write what people chose to answer, the loss on the reply alone."""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from jinja2 import TemplateError
from torch import nn

from training.engine.batching import Example, Ints
from training.engine.build import usable_length
from training.engine.config import FitConfig
from training.engine.data import Row
from training.engine.decoder import (
    Decoder,
    NextToken,
    Said,
    load_decoder,
    save_decoder,
    true_nlls,
    with_adapters,
)
from training.engine.errors import EngineError
from training.engine.heads.base import Baseline, Head, Prediction, Settings
from training.engine.infer import logits_of
from training.engine.loss import Loss
from training.engine.metrics import Report
from training.engine.payload import Turn, turns_of
from training.engine.replies import messages, plain_prompt, replier_of, reply_report
from training.engine.tokens import TextEncoder

_ROOM_SHARE = 2  # the reply may take half of the input; the dialogue has the rest


class TextHead(Head):
    """One example is one dialogue and its reply; each token of the reply is a decision."""

    trims_vocabulary = False
    fits_first = False
    share, counted = "rouge_l", "replies"

    # -- the network --------------------------------------------------------------------------------------

    @classmethod
    def load_base(cls, base: str) -> Any:
        return load_decoder(base)

    @classmethod
    def learn(cls, config: FitConfig, encoder: Any, train: Sequence[Row]) -> Self:
        settings = Settings.of(config, max_length=usable_length(encoder, config.max_length), blank=False)
        return cls(replace(settings, reply_tokens=config.reply_tokens, warmth=config.warmth))

    def network(self, encoder: Any, config: FitConfig) -> nn.Module:
        tokenizer = encoder.reply_tokenizer
        return Decoder(with_adapters(encoder, config), tokenizer)

    def loss(self, config: FitConfig | None = None, train: Sequence[Example] = ()) -> Loss:
        return NextToken(config.label_smoothing if config else 0.0)

    def save_network(self, network: nn.Module, folder: Path) -> None:
        assert isinstance(network, Decoder)  # noqa: S101 - what `network` made
        save_decoder(network, folder)

    def load_network(self, folder: Path) -> nn.Module:
        model = load_decoder(str(folder))
        return Decoder(model, model.reply_tokenizer)

    # -- inputs -------------------------------------------------------------------------------------------

    @property
    def classes(self) -> tuple[str, ...]:
        return ("reply",)

    @property
    def metric(self) -> str:
        return "rouge_l"

    def examples(self, rows: Sequence[Row], text: TextEncoder, *, supervised: bool) -> list[Example]:
        found = []
        for number, row in enumerate(rows):
            reply = row.value or ""
            if not isinstance(reply, str):
                raise EngineError(f"Row {row.id!r}: a reply must be a text.")
            if supervised and not reply.strip():
                continue  # left blank: nothing to learn to say
            found.append(self._example(number, row, reply if supervised else None, text))
        return found

    def _example(self, number: int, row: Row, reply: str | None, text: TextEncoder) -> Example:
        answer = self._reply_ids(reply, text) if reply is not None else []
        # As much room as when nobody knows yet how long the reply will be: no hint of it, no other task.
        prompt = self._prompt(turns_of(row.payload), text, self.settings.max_length - self.most_tokens)
        ids = np.array([*prompt, *answer], dtype=np.int64)
        leads: Ints = np.arange(len(prompt) - 1, max(len(prompt), len(ids) - 1), dtype=np.int64)
        targets = ids[len(prompt) :, None].astype(np.float32) if answer else None
        return Example(
            row=number, turn=0, ids=ids, types=np.zeros(len(ids), dtype=np.int64), pool=(0, len(ids)),
            leads=leads, targets=targets, weight=row.weight,
        )  # fmt: skip

    @property
    def most_tokens(self) -> int:
        """Of a reply: prompt and reply together never pass what the model can take."""
        return min(self.settings.reply_tokens, self.settings.max_length // _ROOM_SHARE)

    def _reply_ids(self, reply: str, text: TextEncoder) -> list[int]:
        """The reply and the end of it; one that is too long is cut, and does not end there."""
        spoken = reply.strip() if text.tokenizer.chat_template else f" {reply.strip()}"
        ids = text.tokenizer(spoken, add_special_tokens=False)["input_ids"]
        return [*ids, text.tokenizer.eos_token_id][: self.most_tokens]

    def _prompt(self, turns: Sequence[Turn], text: TextEncoder, room: int) -> list[int]:
        """As many of the latest turns as there is room for; of one that is too long, its end."""
        replier = (self.field.speakers or (replier_of(turns),))[0]
        # Halving what is in question: of a thousand turns not every beginning is tried.
        first = bisect_left(
            range(max(0, len(turns) - 1)), True,
            key=lambda first: len(self._prompt_ids(turns[first:], replier, text)) <= room,
        )  # fmt: skip
        return self._prompt_ids(turns[first:], replier, text)[-room:]

    def _prompt_ids(self, turns: Sequence[Turn], replier: str, text: TextEncoder) -> list[int]:
        tokenizer = text.tokenizer
        if tokenizer.chat_template and (said := messages(turns, replier)):
            shown = in_template(tokenizer, said)
            ids: list[int] = tokenizer(shown, add_special_tokens=False)["input_ids"]
            return ids
        opening = [] if tokenizer.bos_token_id is None else [tokenizer.bos_token_id]
        return [*opening, *tokenizer(plain_prompt(turns, replier), add_special_tokens=False)["input_ids"]]

    # -- answers ------------------------------------------------------------------------------------------

    def outputs(self, network: nn.Module, examples: Sequence[Example], **how: Any) -> list[Any]:
        """A Said for each example: what is written after the prompt, and what the true reply costs."""
        assert isinstance(network, Decoder)  # noqa: S101 - what `network` made
        supervised = [example for example in examples if example.targets is not None]
        logits = iter(self._in_parts(network, supervised, how))
        costs = [
            true_nlls(next(logits), example) if example.targets is not None else (_NOTHING, 0)
            for example in examples
        ]
        prompts = [example.ids[: int(example.leads[0]) + 1].tolist() for example in examples]
        network.eval()
        written = network.replies(
            prompts, device=how["device"], most_tokens=self.most_tokens,
            warmth=self.settings.warmth, check=how.get("check", lambda: None),
        )  # fmt: skip
        return [
            Said(said, sure, nlls, hits) for (said, sure), (nlls, hits) in zip(written, costs, strict=True)
        ]

    def _in_parts(self, network: Decoder, examples: Sequence[Example], how: dict[str, Any]) -> Any:
        """(K, V) logits one by one: those of all replies together would not fit into memory."""
        for start in range(0, len(examples), _SCORED_TOGETHER):
            yield from logits_of(network, examples[start : start + _SCORED_TOGETHER], **how)

    def mean_loss(self, examples: Sequence[Example], outputs: Sequence[Any]) -> float:
        """Mean -log p of a token of the true replies; its exponential is the perplexity."""
        nlls = np.concatenate([said.nlls for said in outputs]) if outputs else _NOTHING
        return float(nlls.mean()) if len(nlls) else 0.0

    def losses(self, examples: Sequence[Example], outputs: Sequence[Any]) -> dict[tuple[int, int], float]:
        return {
            (example.row, 0): float(said.nlls.mean())
            for example, said in zip(examples, outputs, strict=True) if len(said.nlls)
        }  # fmt: skip

    def memory_losses(
        self, network: nn.Module, examples: Sequence[Example], **how: Any
    ) -> dict[tuple[int, int], float]:
        """What the true replies cost; nothing is written for it."""
        assert isinstance(network, Decoder)  # noqa: S101 - what `network` made
        logits = self._in_parts(network, examples, how)
        nlls = [true_nlls(one, example)[0] for one, example in zip(logits, examples, strict=True)]
        return {(e.row, 0): float(nll.mean()) for e, nll in zip(examples, nlls, strict=True) if len(nll)}

    def predictions(
        self, rows: Sequence[Row], examples: Sequence[Example], outputs: Sequence[Any]
    ) -> list[Prediction]:
        """Confidence: the geometric mean of the probabilities of the reply's tokens."""
        longest = int(self.field.options.get("max_length") or 0) or None
        found = [Prediction("", 0.0) for _ in rows]
        for example, said in zip(examples, outputs, strict=True):
            sure = math.exp(min(0.0, said.mean_logprob))
            found[example.row] = Prediction(said.text[:longest], sure, {"mean_logprob": said.mean_logprob})
        return found

    # -- figures ------------------------------------------------------------------------------------------

    def report(self, rows: Sequence[Row], values: Sequence[Any]) -> Report:
        asked = [(str(row.value), value) for row, value in zip(rows, values, strict=True) if _said(row)]
        return reply_report([truth for truth, _ in asked], [value for _, value in asked])

    def baseline(self, train: Sequence[Row]) -> tuple[str, Baseline]:
        counts = Counter(str(row.value) for row in train if _said(row))
        reply = counts.most_common(1)[0][0] if counts else ""
        return "always the most frequent reply", AlwaysSay(reply)


def _said(row: Row) -> bool:
    return bool(str(row.value or "").strip())


def in_template(tokenizer: Any, said: list[dict[str, str]]) -> str:
    """Raises EngineError for a template that refuses such a dialogue, or is none."""
    try:
        shown: str = tokenizer.apply_chat_template(said, add_generation_prompt=True, tokenize=False)
    except (TemplateError, TypeError, ValueError) as error:
        raise EngineError(f"The base model's chat template cannot be used: {error}") from error
    return shown


_NOTHING = np.zeros(0, dtype=np.float32)
_SCORED_TOGETHER = 32


class AlwaysSay(Baseline):
    def __init__(self, reply: str) -> None:
        self._reply = reply

    def value(self, row: Row) -> str:
        return self._reply
