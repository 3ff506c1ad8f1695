"""What a pool of unlabelled items looks like: where each lies among the others, and how a model doubts it."""

import os
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from training.engine.artifact import Predictor, load
from training.engine.batching import Example, Floats, Ints
from training.engine.build import Network, load_encoder, load_tokenizer, resolve_base, usable_length
from training.engine.data import Row, read_arrow
from training.engine.device import choose_device, use_bf16
from training.engine.heads.base import Prediction
from training.engine.infer import logits_of
from training.engine.payload import turns_of
from training.engine.tokens import TextEncoder

_ROWS_AT_ONCE = 512
_MAX_TOKENS = 256
_NO_LEADS: Ints = np.zeros(0, dtype=np.int64)


class Describer:
    """Vectors of whole items by an encoder as it is: the mean over the tokens of an item's texts."""

    def __init__(self, base: str, *, device: torch.device) -> None:
        folder = resolve_base(base)
        encoder = load_encoder(folder)
        self._length = usable_length(encoder, _MAX_TOKENS)
        self._network = Network(encoder, classes=1, dropout=0.0)
        # The layer that decides is left out: what goes into it is what is asked for.
        self._network.output = torch.nn.Identity()  # type: ignore[assignment]
        self._network.to(device).eval()
        self._text = TextEncoder(load_tokenizer(folder))
        self._device, self._bf16 = device, use_bf16("auto", device)

    def vectors(self, rows: Sequence[Row]) -> Floats:
        """(N, H) of unit length."""
        texts = ["\n".join(turn.text for turn in turns_of(row.payload)) for row in rows]
        tokens = self._text.encode(texts)
        room = self._length - self._text.overhead(pair=False)
        examples = [self._example(index, tokens[text].ids[:room]) for index, text in enumerate(texts)]
        states = logits_of(
            self._network, examples, pad_id=self._text.pad_id, device=self._device, bf16=self._bf16
        )
        found = np.concatenate(states).astype(np.float32)
        found /= np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
        return found

    def _example(self, row: int, ids: list[int]) -> Example:
        framed = self._text.frame(ids)
        length = len(framed.ids)
        return Example(row=row, turn=0, ids=np.array(framed.ids), types=np.array(framed.types),
                       pool=(0, length), leads=_NO_LEADS)  # fmt: skip


def survey(
    rows: Iterable[Row], *, base: str, model: Predictor | None, device: torch.device,
    tick: Callable[[], None] = lambda: None,
) -> tuple[Floats, Floats | None]:  # fmt: skip
    """(N, H) vectors of unit length and (N,) doubt, see `doubt_of`; None without a model."""
    describer = Describer(base, device=device)
    source = iter(rows)
    vectors: list[Floats] = []
    doubts: list[float] = []
    while chunk := list(islice(source, _ROWS_AT_ONCE)):
        tick()
        vectors.append(describer.vectors(chunk))
        if model is not None:
            doubts += [doubt_of(answer) for answer in model.predict_rows(chunk)]
    features = np.concatenate(vectors) if vectors else np.zeros((0, 0), dtype=np.float32)
    return features, None if model is None else np.array(doubts, dtype=np.float32)


def doubt_of(answer: Prediction) -> float:
    """0..1: how little the best of several labels leads the next one (1 - margin), of turns the closest race.

    Where an answer is no choice among labels, what is missing of its confidence.
    """
    races = [answer.detail, *answer.detail.get("turns", ())]
    margins = [
        _lead(race["probabilities"].values()) for race in races if len(race.get("probabilities", ())) > 1
    ]
    return 1 - (min(margins) if margins else answer.confidence)


def _lead(shares: Iterable[float]) -> float:
    first, second = sorted(shares)[:-3:-1]
    return first - second


def survey_file(data: Path, out: Path, *, base: str, model_dir: Path | None, device: str | None) -> None:
    """Read an Arrow file of items and write `features` (and `doubt`) to an npz file, in the same order."""
    target = choose_device(device or "auto")
    model = load(model_dir, device) if model_dir else None
    features, doubt = survey(read_arrow(data), base=base, model=model, device=target)
    draft = out.with_name(f".{out.name}")
    with draft.open("wb") as stream:
        arrays: dict[str, Any] = (
            {"features": features} if doubt is None else {"features": features, "doubt": doubt}
        )
        np.savez(stream, **arrays)
    os.replace(draft, out)
