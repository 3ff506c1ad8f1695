"""A preference model: one score per candidate, learned from which of two was preferred.

P(a before b) = s(score a - score b), s logistic (Bradley & Terry 1952, "Rank Analysis of Incomplete Block
Designs"; as a reward model: Ouyang et al. 2022, "Training Language Models to Follow Instructions with Human
Feedback"). Every comparison of an item is learned in one step, and an item counts once however many
candidates it has, as in the latter's section 3.5.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from training.engine.batching import Example, Floats, Truth
from training.engine.config import FitConfig
from training.engine.data import Row
from training.engine.errors import EngineError
from training.engine.evaluation.outcomes import Outcome
from training.engine.heads.base import Baseline, Head, Prediction
from training.engine.heads.context import spoken
from training.engine.heads.placed import NO_LEADS, fit_pair, head_and_tail, joined
from training.engine.loss import Loss
from training.engine.metrics import Report
from training.engine.orders import compared_pairs, rank_report
from training.engine.payload import Candidate, candidates_of, turns_of
from training.engine.tokens import Framed, TextEncoder, Tokens

NOT_COMPARED = -1.0  # as a target
FIRST, SECOND = "first", "second"


@dataclass(frozen=True, slots=True)
class Preferences:
    """Mean over an item's comparisons of the cross-entropy between who was preferred and who scores more."""

    smoothing: float = 0.0

    def __call__(self, outputs: Tensor, truth: Truth) -> Tensor:
        """(N, 1) scores against (N, M) chances to be before each candidate of the item, or NOT_COMPARED."""
        compared = truth.targets >= 0
        chances = truth.targets.clamp_min(0) * (1 - self.smoothing) + self.smoothing / 2
        margins = outputs - _of_item(outputs[:, 0], truth)  # (N, M)
        losses = F.binary_cross_entropy_with_logits(margins, chances, reduction="none") * compared
        return (losses.sum(dim=1) / compared.sum(dim=1).clamp_min(1) * self.weigh(truth)).sum()

    def weigh(self, truth: Truth) -> Tensor:
        """A candidate's share of its item's comparisons."""
        compared = (truth.targets >= 0).sum(dim=1).float()
        items = torch.zeros(len(compared), device=compared.device).index_add_(0, truth.bundles, compared)
        return truth.weights * compared / items[truth.bundles].clamp_min(1)


def _of_item(scores: Tensor, truth: Truth) -> Tensor:
    """(N, M) the scores of all candidates of each one's item, in their order; 0 where there are fewer."""
    first = torch.searchsorted(truth.bundles, truth.bundles)  # (N,) where each one's item begins
    place = torch.arange(len(scores), device=scores.device) - first
    table = scores.new_zeros(len(scores), truth.targets.shape[1])
    return table.index_put((truth.bundles, place), scores)[truth.bundles]


class RankHead(Head):
    """One example is one item: each candidate read with the dialogue, all of them in one micro-batch."""

    calibrates = True
    share, counted = "pairwise_accuracy", "pairs"

    @property
    def classes(self) -> tuple[str, ...]:
        return ("score",)

    @property
    def metric(self) -> str:
        return "pairwise_accuracy"

    def loss(self, config: FitConfig | None = None, train: Sequence[Example] = ()) -> Loss:
        return Preferences(config.label_smoothing if config else 0.0)

    # -- inputs -------------------------------------------------------------------------------------------

    def examples(self, rows: Sequence[Row], text: TextEncoder, *, supervised: bool) -> list[Example]:
        offered = [_candidates(row) for row in rows]
        dialogues = [[spoken(turn) for turn in turns_of(row.payload)] for row in rows]
        answers = [candidate.text for candidates in offered for candidate in candidates]
        tokens = text.encode([*answers, *(piece for pieces in dialogues for piece in pieces)])
        width = max(map(len, offered), default=0)
        examples: list[Example] = []
        for number, (row, candidates, pieces) in enumerate(zip(rows, offered, dialogues, strict=True)):
            targets = self._targets(row, candidates, width) if supervised else None
            if targets is not None and not (targets >= 0).any():
                continue  # left blank, or nothing to compare
            context = joined([tokens[piece].ids for piece in pieces], text)
            framed = [self._input(tokens[candidate.text], context, text) for candidate in candidates]
            parts = [
                _part(number, place, frame, row.weight, None if targets is None else targets[[place]])
                for place, frame in enumerate(framed)
            ]
            examples.append(Example.bundle(parts))
        return examples

    def _input(self, candidate: Tokens, context: list[int], text: TextEncoder) -> Framed:
        """The candidate, then the dialogue, of which the latest turns are what is answered."""
        room = self.settings.max_length - text.overhead(pair=True)
        first, second = fit_pair(len(candidate.ids), len(context), room)
        return text.frame(head_and_tail(candidate.ids, first), context[len(context) - second :])

    def _targets(self, row: Row, candidates: Sequence[Candidate], width: int) -> Floats:
        """(M, width) chance that one is before the other: 1 or 0, or the crowd's where it was in doubt."""
        place = {candidate.id: index for index, candidate in enumerate(candidates)}
        targets = np.full((len(place), width), NOT_COMPARED, dtype=np.float32)
        for better, worse in compared_pairs(_order(row, row.value, place), list(place)):
            targets[place[better], place[worse]], targets[place[worse], place[better]] = 1, 0
        for unit, shares in (row.soft or {}).items():
            a, b = _unit(row, unit, len(place))
            total = sum(shares.get(side, 0.0) for side in (FIRST, SECOND))
            if total > 0:
                targets[a, b] = shares.get(FIRST, 0.0) / total
                targets[b, a] = 1 - targets[a, b]
        return targets

    # -- answers ------------------------------------------------------------------------------------------

    def predictions(
        self, rows: Sequence[Row], examples: Sequence[Example], outputs: Sequence[Any]
    ) -> list[Prediction]:
        """Confidence: the chance of the order's least certain step, from one candidate to the next."""
        found = [Prediction([], 1.0) for _ in rows]
        for example, scores in zip(examples, outputs, strict=True):
            found[example.row] = self._prediction(_candidates(rows[example.row]), self.scaled(scores)[:, 0])
        return found

    def _prediction(self, candidates: Sequence[Candidate], scores: Floats) -> Prediction:
        order = np.argsort(-scores, kind="stable")  # of equals the one that stands first in the item
        top = int(self.field.options.get("top") or len(order))
        steps = [float(scores[a] - scores[b]) for a, b in pairwise(order)][:top]
        listed = [{"id": candidates[place].id, "score": float(scores[place])} for place in order]
        sure = min((1 / (1 + float(np.exp(-step))) for step in steps), default=1.0)
        return Prediction([entry["id"] for entry in listed[:top]], sure, {"scores": listed})

    def certainties(
        self, examples: Sequence[Example], outputs: Sequence[Any], outcomes: Sequence[Outcome]
    ) -> tuple[list[float], list[float]]:
        """Every comparison of two candidates is a decision."""
        sure, right = [], []
        for example, scores in zip(examples, outputs, strict=True):
            truth = np.concatenate([part.targets for part in example.inputs if part.targets is not None])
            one, other = np.nonzero(np.triu(truth[:, : len(truth)] >= 0, 1))
            margins = self.scaled(scores)[one, 0] - self.scaled(scores)[other, 0]
            sure += (1 / (1 + np.exp(-np.abs(margins)))).tolist()
            right += ((margins >= 0) == (truth[one, other] >= 0.5)).tolist()
        return sure, right

    # -- figures ------------------------------------------------------------------------------------------

    def report(self, rows: Sequence[Row], values: Sequence[Any]) -> Report:
        ids = [[candidate.id for candidate in _candidates(row)] for row in rows]
        truth = [_order(row, row.value, known) for row, known in zip(rows, ids, strict=True)]
        return rank_report(truth, [value or [] for value in values], ids)

    def baseline(self, train: Sequence[Row]) -> tuple[str, Baseline]:
        """As they stand, or by their length: people often prefer what is long."""
        rules = [ByLength(name, sign) for name, sign in _RULES]

        def quality(rule: ByLength) -> float:
            return float(self.report(train, [rule.value(row) for row in train])["pairwise_accuracy"])

        best = max(rules, key=quality)
        return best.name, best


_RULES = (
    ("the candidates as they stand", 0),
    ("the longest candidate first", -1),
    ("the shortest candidate first", 1),
)


class ByLength(Baseline):
    """Candidates by how many characters they have; sign 0 leaves them as they are."""

    def __init__(self, name: str, sign: int) -> None:
        self.name, self._sign = name, sign

    def value(self, row: Row) -> list[str]:
        ordered = sorted(_candidates(row), key=lambda candidate: self._sign * len(candidate.text))
        return [candidate.id for candidate in ordered]


def _candidates(row: Row) -> list[Candidate]:
    try:
        return candidates_of(row.payload)
    except EngineError as error:
        raise EngineError(f"Row {row.id!r}: {error}") from None


def _order(row: Row, value: Any, known: Mapping[str, int] | Sequence[str]) -> list[str]:
    """The ids of an answer, checked. Raises EngineError naming the row."""
    order = list(value or [])
    if unknown := [identity for identity in order if identity not in known]:
        raise EngineError(f"Row {row.id!r}: there is no candidate {unknown[0]!r}.")
    if len(set(order)) != len(order):
        raise EngineError(f"Row {row.id!r}: a candidate is ranked twice.")
    return order


def _unit(row: Row, unit: str, count: int) -> tuple[int, int]:
    a, _, b = unit.partition(":")
    if not (a.isdigit() and b.isdigit() and int(a) != int(b) and max(int(a), int(b)) < count):
        raise EngineError(f"Row {row.id!r}: {unit!r} among its soft labels is no two candidates.")
    return int(a), int(b)


def _part(row: int, place: int, framed: Framed, weight: float, targets: Floats | None) -> Example:
    begin, end = framed.first
    return Example(
        row=row, turn=place, ids=np.array(framed.ids), types=np.array(framed.types),
        pool=(begin, max(end, begin + 1)), leads=NO_LEADS, targets=targets, weight=weight,
    )  # fmt: skip
