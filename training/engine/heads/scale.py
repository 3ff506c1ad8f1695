"""Ordinal regression: a point on a scale, for a dialogue, a text, a pair, or each turn.

The last layer asks of each step of the scale "is it above this?", which turns an ordered question into yes
and no (Frank & Hall 2001, "A Simple Approach to Ordinal Classification"; as one network: Niu et al. 2016,
"Ordinal Regression with Multiple Output CNN"). So 4 is nearer to 5 than to 1 for the loss as well, and a
crowd that is torn between 4 and 5 teaches exactly that.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from training.engine.batching import Example, Floats, Truth
from training.engine.config import FitConfig
from training.engine.data import Row
from training.engine.errors import EngineError
from training.engine.heads.base import Baseline, Prediction, Settings
from training.engine.heads.choice import has_blanks
from training.engine.heads.placed import PlacedHead, entries_by_turn
from training.engine.loss import Loss
from training.engine.metrics import Report
from training.engine.ordinal import scale_report
from training.engine.payload import Turn, turns_of

BLANK = ""
NOT_ASKED = -1.0  # as a target: what the answer says nothing about
Unit = tuple[int, int | None, float, dict[str, float]]  # turn, point, confidence, probabilities


@dataclass(frozen=True, slots=True)
class Steps:
    """Binary cross-entropy, summed over the questions that a decision answers."""

    def __call__(self, outputs: Tensor, truth: Truth) -> Tensor:
        """(N, C) logits against (N, C) probabilities of yes, or NOT_ASKED."""
        asked = truth.targets >= 0
        losses = F.binary_cross_entropy_with_logits(outputs, truth.targets.clamp_min(0), reduction="none")
        return ((losses * asked).sum(dim=1) * truth.weights).sum()

    def weigh(self, truth: Truth) -> Tensor:
        return truth.weights


class ScaleHead(PlacedHead):
    """P(above k) for each k; the answer is the median, from which the expected error is smallest."""

    calibrates = True

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.points = points_of(settings)

    @classmethod
    def learn(cls, config: FitConfig, encoder: Any, train: Sequence[Row]) -> Self:
        settings = super().learn(config, encoder, train).settings
        blank = not settings.field.required and _leaves_blank(train, settings)
        return cls(replace(settings, blank=blank))

    @property
    def classes(self) -> tuple[str, ...]:
        """The questions: is it above each point but the last, and is it answered at all."""
        above = tuple(f">{point}" for point in self.points[:-1])
        return (*above, "answered") if self.settings.blank else above

    @property
    def metric(self) -> str:
        return "quadratic_kappa"

    def loss(self, config: FitConfig | None = None, train: Sequence[Example] = ()) -> Loss:
        return Steps()

    # -- truth --------------------------------------------------------------------------------------------

    def truth(self, row: Row, turns: Sequence[Turn]) -> dict[int, int | None]:
        given = self.given(row, row.value, turns)
        asked = self.places(turns)
        return {place: given.get(place) for place in asked if place in given or self.settings.blank}

    def given(self, row: Row, value: Any, turns: Sequence[Turn]) -> dict[int, int]:
        if not self.by_turn:
            return {} if value in (None, "") else {0: self._point(row, value)}
        marks = entries_by_turn(row, value, turns)
        return {turn: self._point(row, entry.get("value")) for turn, entry in marks}

    def _point(self, row: Row, value: Any) -> int:
        if type(value) is int and value in self.points:
            return value
        raise EngineError(
            f"Row {row.id!r}: {value!r} is no point of the scale from {self.points[0]} to {self.points[-1]}."
        )

    def targets(self, row: Row, place: int, truth: int | None) -> Floats:
        soft = (row.soft or {}).get(str(place)) if self.by_turn else row.soft
        shares = self._shares(row, soft or {BLANK if truth is None else str(truth): 1.0})
        given = shares[:-1].sum()
        above = shares[:-1][::-1].cumsum()[::-1][1:]  # (P - 1,) P(point > k and answered)
        targets = above / given if given > 0 else np.full_like(above, NOT_ASKED)
        answered = [given] if self.settings.blank else []
        return np.array([[*targets, *answered]], dtype=np.float32)

    def _shares(self, row: Row, soft: Mapping[str, float]) -> Floats:
        """(P + 1,) shares of the points and of the blank, summing to 1."""
        names = [*map(str, self.points), BLANK]
        if unknown := sorted(set(soft) - set(names)):
            raise EngineError(f"Row {row.id!r}: {unknown[0]!r} among its soft labels is no point.")
        shares = np.array([soft.get(name, 0.0) for name in names], dtype=np.float32)
        return shares / (shares.sum() or 1.0)

    # -- answers ------------------------------------------------------------------------------------------

    def predictions(
        self, rows: Sequence[Row], examples: Sequence[Example], outputs: Sequence[Any]
    ) -> list[Prediction]:
        """Confidence of a unit: the chosen point's own probability; of an answer: its least sure unit's."""
        found: list[list[Unit]] = [[] for _ in rows]
        for example, scores in zip(examples, outputs, strict=True):
            found[example.row].append((example.turn, *self._decide(scores[0])))
        return [self._prediction(units) for units in found]

    def _decide(self, scores: Floats) -> tuple[int | None, float, dict[str, float]]:
        chances = 1 / (1 + np.exp(-self.scaled(scores).astype(np.float64)))
        answered = float(chances[-1]) if self.settings.blank else 1.0
        # Each question was learned by itself, so that two answers may contradict each other a little.
        above = np.minimum.accumulate(chances[: len(self.points) - 1])
        shares = -np.diff([1.0, *above, 0.0]) * answered  # (P,)
        named = {str(point): float(share) for point, share in zip(self.points, shares, strict=True)}
        if self.settings.blank:
            named[BLANK] = 1 - answered
            if answered < 0.5:
                return None, 1 - answered, named
        place = int((above >= 0.5).sum())
        return self.points[place], float(shares[place]), named

    def _prediction(self, units: Sequence[Unit]) -> Prediction:
        sure = min((sure for _, _, sure, _ in units), default=1.0)
        if not (units or self.by_turn):  # nothing to judge: left blank, where blank is no answer to learn
            return Prediction(None, 0.0)
        if not self.by_turn:
            _, point, _, named = units[0]
            return Prediction(point, sure, {"probabilities": named, "expected": self._expected(named)})
        value = [{"turn": turn, "value": point} for turn, point, _, _ in units if point is not None]
        turns = [
            {"turn": turn, "confidence": sure, "probabilities": named, "expected": self._expected(named)}
            for turn, _, sure, named in units
        ]
        return Prediction(value, sure, {"turns": turns})

    def _expected(self, named: Mapping[str, float]) -> float:
        """The mean over the points, for whoever wants a finer number than a point."""
        total = sum(named[str(point)] for point in self.points) or 1.0
        return sum(point * named[str(point)] for point in self.points) / total

    # -- figures ------------------------------------------------------------------------------------------

    def names(self, answer: int | None) -> tuple[str, ...]:
        return () if answer is None else (str(answer),)

    def report(self, rows: Sequence[Row], values: Sequence[Any]) -> Report:
        judged = list(self.judged(rows, values))
        return scale_report([unit.truth for unit in judged], [unit.guess for unit in judged], self.points)

    def baseline(self, train: Sequence[Row]) -> tuple[str, Baseline]:
        """The median answer: of all constant ones it has the smallest error."""
        counts = Counter(point for row in train for point in self.truth(row, turns_of(row.payload)).values())
        given = sorted(point for point in counts.elements() if point is not None)
        point = given[(len(given) - 1) // 2] if len(given) >= counts[None] and given else None
        return f"always {point}, the median answer", Same(self, point)

    def everywhere(self, turns: Sequence[Turn], point: int | None) -> Any:
        """The same point for each unit of an item, in the field's answer form."""
        if not self.by_turn:
            return point
        return [{"turn": turn, "value": point} for turn in self.places(turns) if point is not None]


class Same(Baseline):
    """One point for everything."""

    def __init__(self, head: ScaleHead, point: int | None) -> None:
        self._head, self._point = head, point

    def value(self, row: Row) -> Any:
        return self._head.everywhere(turns_of(row.payload), self._point)


def points_of(settings: Settings) -> list[int]:
    """The scale's points from its options min, max and step. Raises EngineError where they make none."""
    ends = [settings.field.options.get(key, usual) for key, usual in (("min", 1), ("max", 5), ("step", 1))]
    if not all(type(end) is int for end in ends) or ends[2] < 1 or ends[1] <= ends[0]:
        raise EngineError(f"Field {settings.field.name!r}: no scale from {ends[0]!r} to {ends[1]!r}.")
    return list(range(ends[0], ends[1] + 1, ends[2]))


def _leaves_blank(rows: Sequence[Row], settings: Settings) -> bool:
    whole = settings.field.scope != "turn"
    return any(row.value is None for row in rows) if whole else has_blanks(rows, settings)
