"""Vectors in which texts with the same label lie close together: for retrieval, and as a start for few rows.

The encoder is tuned on pairs of texts of one label against all others of the batch, as SetFit does before it
fits a classifier (Tunstall et al. 2022, "Efficient Few-Shot Learning Without Prompts"). A field about pairs
teaches that the two texts of an item with its first label ("same") belong together, those of others not.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.engine.batching import Batch, Example, Floats, Truth
from training.engine.build import Network, load_encoder, set_dropout
from training.engine.config import FitConfig
from training.engine.contrast import Contrast
from training.engine.data import Row
from training.engine.errors import EngineError
from training.engine.evaluation.outcomes import Losses, Outcome
from training.engine.heads.base import Baseline, Prediction
from training.engine.heads.choice import ChoiceHead, Labels
from training.engine.loss import Loss
from training.engine.metrics import Report
from training.engine.payload import turns_of
from training.engine.retrieval import Kin, retrieval_report
from training.engine.tokens import TextEncoder

_MOST_FOR_LOSS = 2000  # (N, N) likenesses are held at once


class Embedder(Network):
    """An encoder and nothing on it: the vector of a text is the mean of its tokens."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__(encoder, classes=1, dropout=0.0)
        del self.output

    def forward(self, batch: Batch) -> Tensor:
        """(N, H) vectors of length one."""
        return F.normalize(self.features(batch).float(), dim=1)


class EmbeddingHead(ChoiceHead):
    """An answer is a vector; for an item of two texts, both; for turns, {"turn", "vector"} of each."""

    fits_first = False
    calibrates = False

    @property
    def metric(self) -> str:
        return "mrr"

    @property
    def by_pair(self) -> bool:
        return self.field.scope == "pair"

    # -- the network --------------------------------------------------------------------------------------

    def network(self, encoder: Any, config: FitConfig) -> nn.Module:
        torch.manual_seed(config.seed)
        set_dropout(encoder, config)
        return Embedder(encoder)

    def loss(self, config: FitConfig | None = None, train: Sequence[Example] = ()) -> Loss:
        temperature = FitConfig.temperature if config is None else config.temperature
        return Contrast(temperature, by_bundle=self.by_pair)

    def save_network(self, network: nn.Module, folder: Any) -> None:
        network.encoder.save_pretrained(folder)  # type: ignore[union-attr,operator]

    def load_network(self, folder: Any) -> nn.Module:
        return Embedder(load_encoder(str(folder)))

    # -- inputs -------------------------------------------------------------------------------------------

    def examples(self, rows: Sequence[Row], text: TextEncoder, *, supervised: bool) -> list[Example]:
        if not self.by_pair:
            return super().examples(rows, text, supervised=supervised)
        single = EmbeddingHead(replace(self.settings, field=replace(self.field, scope="dialogue")))
        sides = [
            single.examples([self._side(row, side) for row in rows], text, supervised=False)
            for side in (0, 1)
        ]
        found = []
        for row, first, second in zip(rows, *sides, strict=True):
            same = row.value == self.field.labels[0]
            targets = np.full((1, 1), float(same), dtype=np.float32) if supervised else None
            second = replace(second, targets=targets)
            found.append(replace(first, targets=targets, weight=row.weight, others=(second,)))
        return found

    def _side(self, row: Row, side: int) -> Row:
        turns = turns_of(row.payload)
        if len(turns) != 2:
            raise EngineError(f"Row {row.id!r}: a field about pairs needs an item of two texts.")
        return Row(id=row.id, payload={"text": turns[side].text})

    def targets(self, row: Row, place: int, labels: Labels) -> Floats:
        """(1, C) 1 for each label that was given; the crowd's doubt says nothing about who is alike."""
        return super().targets(replace(row, soft=None), place, labels)

    def training_examples(self, examples: Sequence[Example], config: FitConfig) -> Sequence[Example]:
        """Each text beside another of its label, drawn anew for each of its `partners`."""
        if self.by_pair:
            return examples
        kinds: dict[bytes, list[Example]] = {}
        for example in examples:
            kinds.setdefault(_kind(example), []).append(example)
        draw = np.random.default_rng(config.seed)
        return [
            replace(example, others=(_partner(example, kinds[_kind(example)], draw),))
            for _time in range(config.partners)
            for example in examples
        ]

    # -- answers ------------------------------------------------------------------------------------------

    def predictions(
        self, rows: Sequence[Row], examples: Sequence[Example], outputs: Sequence[Floats]
    ) -> list[Prediction]:
        """Confidence of a pair: the cosine of its two vectors, at least 0; else 1, as nothing is chosen."""
        found: list[list[tuple[int, Floats]]] = [[] for _ in rows]
        for example, vectors in zip(examples, outputs, strict=True):
            found[example.row].append((example.turn, vectors))
        return [self.answer(units) for units in found]

    def answer(self, units: list[tuple[int, Floats]]) -> Prediction:
        if self.by_turn:
            value: Any = [{"turn": turn, "vector": _plain(vectors[0])} for turn, vectors in units]
            return Prediction(value, 1.0)
        if not units:  # left blank: nothing that others could be compared with
            return Prediction(None, 0.0)
        vectors = units[0][1]
        if self.by_pair:
            return Prediction([_plain(one) for one in vectors], max(0.0, float(vectors[0] @ vectors[1])))
        return Prediction(_plain(vectors[0]), 1.0)

    # -- figures ------------------------------------------------------------------------------------------

    def mean_loss(self, examples: Sequence[Example], outputs: Sequence[Any]) -> float:
        """Over the first 2,000 examples."""
        if not examples:
            return 0.0
        truth, loss = Truth.of(examples[:_MOST_FOR_LOSS]), self.loss()
        counted = float(loss.weigh(truth).sum())
        vectors = torch.from_numpy(np.concatenate(outputs[:_MOST_FOR_LOSS]))
        return float(loss(vectors, truth)) / counted if counted else 0.0

    def report(self, rows: Sequence[Row], values: Sequence[Any]) -> Report:
        """Each text asks for the others here that share a label; of a pair, the first for the second."""
        if self.by_pair:
            return self._pair_report(rows, values)
        vectors: list[list[float]] = []
        labels: list[Floats] = []
        for row, value in zip(rows, values, strict=True):
            at = {entry["turn"]: entry["vector"] for entry in value} if self.by_turn else {0: value}
            for place, given in self.truth(row, turns_of(row.payload)).items():
                vectors.append(at[place])
                labels.append(self.targets(row, place, given)[0])
        found, kinds = np.array(vectors, dtype=np.float32), np.array(labels, dtype=np.float32)
        return retrieval_report(found, found, Kin(kinds, kinds), itself=True)

    def _pair_report(self, rows: Sequence[Row], values: Sequence[Any]) -> Report:
        same = self.field.labels[0]
        pairs = [value for row, value in zip(rows, values, strict=True) if row.value == same]
        vectors = np.array(pairs, dtype=np.float32).reshape(len(pairs), 2, -1)  # (P, 2, H)
        return retrieval_report(vectors[:, 0], vectors[:, 1], Kin(), itself=False)

    def outcomes(
        self, rows: Sequence[Row], predictions: Sequence[Prediction], losses: Losses | None = None
    ) -> list[Outcome]:
        """None: a vector is neither right nor wrong by itself."""
        return []

    def certainties(
        self, examples: Sequence[Example], outputs: Sequence[Any], outcomes: Sequence[Outcome]
    ) -> tuple[list[float], list[float]]:
        """None, as nothing is decided."""
        return [], []

    def losses(self, examples: Sequence[Example], outputs: Sequence[Any]) -> dict[tuple[int, int], float]:
        return {}

    def memory_losses(
        self, network: nn.Module, examples: Sequence[Example], **how: Any
    ) -> dict[tuple[int, int], float]:
        """How far a text lies from the others here with its label; of a pair, how far from its truth."""
        outputs = self.outputs(network, examples, **how)
        targets = np.concatenate([e.targets for e in examples if e.targets is not None])  # (N, C)
        if self.by_pair:
            found = [abs(float(e.targets[0, 0]) - float(v[0] @ v[1]))
                     for e, v in zip(examples, outputs, strict=True) if e.targets is not None]  # fmt: skip
        else:
            vectors = np.concatenate(outputs)
            alike = ((targets @ targets.T) > 0) & ~np.eye(len(vectors), dtype=bool)
            near = ((vectors @ vectors.T) * alike).sum(axis=1) / np.maximum(alike.sum(axis=1), 1)
            found = (1 - near).tolist()
        return {(e.row, e.turn): loss for e, loss in zip(examples, found, strict=True)}

    def tuned(
        self, rows: Sequence[Row], examples: Sequence[Example], outputs: Sequence[Any]
    ) -> "EmbeddingHead":
        return self

    def baseline(self, train: Sequence[Row]) -> tuple[str, Baseline]:
        return "vectors at random", AtRandom(self)


class AtRandom(Baseline):
    """A direction that depends on the row's id alone."""

    def __init__(self, head: EmbeddingHead) -> None:
        self._head = head

    def value(self, row: Row) -> Any:
        seed = int.from_bytes(hashlib.sha256(row.id.encode()).digest()[:8])
        draw = np.random.default_rng(seed)
        places = self._head.places(turns_of(row.payload))
        units = [(place, draw.standard_normal((2, 16)).astype(np.float32)) for place in places]
        return self._head.answer([(place, _unit(pair)) for place, pair in units]).value


def _unit(vectors: Floats) -> Floats:
    shortened: Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return shortened


def _kind(example: Example) -> bytes:
    return b"" if example.targets is None else example.targets.tobytes()


def _partner(example: Example, kin: Sequence[Example], draw: np.random.Generator) -> Example:
    """Another example of the same kind; where there is none, the same again, seen through other dropout."""
    place = int(draw.integers(len(kin)))
    return kin[place - 1] if kin[place] is example else kin[place]


def _plain(vector: Floats) -> list[float]:
    return [round(float(number), 6) for number in vector]
