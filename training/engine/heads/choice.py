"""Sequence classification: one label, or several, for a dialogue, a text, a pair, or each turn."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np

from training.engine.batching import Example, Floats
from training.engine.config import FitConfig
from training.engine.data import Row
from training.engine.errors import EngineError
from training.engine.evaluation.outcomes import Outcome
from training.engine.heads.base import Baseline, Prediction, Settings
from training.engine.heads.context import eligible
from training.engine.heads.placed import PlacedHead, entries_by_turn
from training.engine.metrics import Report, multi_report, single_report
from training.engine.payload import Turn, turns_of

BLANK = ""
Labels = tuple[str, ...]


class ChoiceHead(PlacedHead):
    """A softmax over the labels, or one sigmoid per label; "no label" is a class where it was an answer."""

    nothing: Labels = ()
    calibrates = True

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.multi = settings.field.multi

    @classmethod
    def learn(cls, config: FitConfig, encoder: Any, train: Sequence[Row]) -> Self:
        settings = super().learn(config, encoder, train).settings
        return cls(replace(settings, blank=has_blanks(train, settings)))

    @property
    def classes(self) -> tuple[str, ...]:
        blank = (BLANK,) if self.settings.blank and not self.multi else ()
        return (*self.field.labels, *blank)

    @property
    def metric(self) -> str:
        return "micro_f1" if self.multi else "accuracy"

    def label_rows(self) -> list[Row]:
        """What a label is called says something about its texts: the more, the fewer there are."""
        if self.field.scope != "dialogue":
            return []
        answers = {label: [label] if self.multi else label for label in self.field.labels}
        return [
            Row(id=f"label {label}", payload={"text": _spelled(label)}, value=answer)
            for label, answer in answers.items()
        ]

    # -- truth --------------------------------------------------------------------------------------------

    def truth(self, row: Row, turns: Sequence[Turn]) -> dict[int, Labels]:
        given = self.given(row, row.value, turns)
        places = {place: given.get(place, ()) for place in self.places(turns)}
        keep_blank = self.settings.blank or self.multi
        return {place: labels for place, labels in places.items() if labels or keep_blank}

    def given(self, row: Row, value: Any, turns: Sequence[Turn]) -> dict[int, Labels]:
        if not self.by_turn:
            return {0: self._labels(row, value)}
        return {
            turn: self._labels(row, entry.get("labels") or entry.get("label"))
            for turn, entry in entries_by_turn(row, value, turns)
        }

    def _labels(self, row: Row, value: Any) -> Labels:
        labels = tuple(value) if isinstance(value, list | tuple) else (value,) if value else ()
        for label in labels:
            if label not in self.field.labels:
                known = ", ".join(self.field.labels[:20])
                raise EngineError(f"Row {row.id!r}: unknown label {label!r}; the field has {known}.")
        if len(labels) > 1 and not self.multi:
            raise EngineError(f"Row {row.id!r}: several labels, but the field takes one.")
        return labels

    def targets(self, row: Row, place: int, labels: Labels) -> Floats:
        """(1, C): one-hot, multi-hot, or the crowd's distribution where the row carries one."""
        targets = np.zeros((1, len(self.classes)), dtype=np.float32)
        soft = (row.soft or {}).get(str(place)) if self.by_turn else row.soft
        shares = soft or dict.fromkeys(labels or (() if self.multi else (BLANK,)), 1.0)
        for label, share in shares.items():
            if label in self.classes:
                targets[0, self.classes.index(label)] = share
            elif label != BLANK:
                raise EngineError(f"Row {row.id!r}: unknown label {label!r} among its soft labels.")
        total = targets.sum()
        return targets if self.multi or total == 0 else targets / total

    # -- answers ------------------------------------------------------------------------------------------

    def predictions(
        self, rows: Sequence[Row], examples: Sequence[Example], logits: Sequence[Floats]
    ) -> list[Prediction]:
        """Confidence of a unit: probability of what was chosen; of an answer: that of its least sure unit."""
        found: list[list[tuple[int, Labels, float, dict[str, float]]]] = [[] for _ in rows]
        for example, scores in zip(examples, logits, strict=True):
            shares = self._probabilities(scores[0])
            labels, sure = self._choose(shares)
            named = {name: float(share) for name, share in zip(self.classes, shares, strict=True)}
            found[example.row].append((example.turn, labels, sure, named))
        return [self._prediction(units) for units in found]

    def tuned(self, rows: Sequence[Row], examples: Sequence[Example], outputs: Sequence[Any]) -> "ChoiceHead":
        """Multi-label: the probability at which micro F1 is best; 0.5 wins ties."""
        if not self.multi:
            return self

        def quality(head: ChoiceHead) -> float:
            values = [prediction.value for prediction in head.predictions(rows, examples, outputs)]
            return float(head.report(rows, values)["micro"]["f1"])

        best, chosen = quality(self), self
        for percent in range(10, 95, 5):
            head = ChoiceHead(replace(self.settings, threshold=percent / 100))
            if (value := quality(head)) > best:
                best, chosen = value, head
        return chosen

    def certainties(
        self, examples: Sequence[Example], outputs: Sequence[Any], outcomes: Sequence[Outcome]
    ) -> tuple[list[float], list[float]]:
        """With several labels each of them is a decision: taken or not."""
        if not self.multi or not examples:
            return super().certainties(examples, outputs, outcomes)
        shares = np.stack([self._probabilities(scores[0]) for scores in outputs])  # (N, C)
        truth = np.concatenate([e.targets for e in examples if e.targets is not None]) >= 0.5
        taken = shares >= self.settings.threshold
        return np.where(taken, shares, 1 - shares).ravel().tolist(), (taken == truth).ravel().tolist()

    def _prediction(self, units: list[tuple[int, Labels, float, dict[str, float]]]) -> Prediction:
        if not (units or self.by_turn):  # nothing to judge: left blank, where blank is no answer to learn
            return Prediction(None, 0.0)
        if self.by_turn:
            value: Any = [{"turn": turn, **self._entry(labels)} for turn, labels, _, _ in units if labels]
            detail: dict[str, Any] = {
                "turns": [
                    {"turn": turn, "confidence": sure, "probabilities": named}
                    for turn, _, sure, named in units
                ]
            }
        else:
            value = list(units[0][1]) if self.multi else next(iter(units[0][1]), None)
            detail = {"probabilities": units[0][3]}
        return Prediction(value, min((sure for _, _, sure, _ in units), default=1.0), detail)

    def _entry(self, labels: Labels) -> dict[str, Any]:
        return {"labels": list(labels)} if self.multi else {"label": labels[0]}

    def _probabilities(self, scores: Floats) -> Floats:
        scores = self.scaled(scores)
        if self.multi:
            return np.asarray(1 / (1 + np.exp(-scores)), dtype=np.float32)
        powers = np.exp(scores - scores.max())
        return np.asarray(powers / powers.sum(), dtype=np.float32)

    def _choose(self, shares: Floats) -> tuple[Labels, float]:
        best = int(shares.argmax())
        if not self.multi:
            return (self.classes[best],) if self.classes[best] else (), float(shares[best])
        chosen = shares >= self.settings.threshold
        if self.field.required:
            chosen[best] = True
        labels = tuple(label for label, taken in zip(self.classes, chosen, strict=True) if taken)
        return labels, float(np.where(chosen, shares, 1 - shares).min())

    # -- figures ------------------------------------------------------------------------------------------

    def names(self, answer: Labels) -> Labels:
        return answer

    def report(self, rows: Sequence[Row], values: Sequence[Any]) -> Report:
        judged = list(self.judged(rows, values))
        truth: list[Labels] = [unit.truth for unit in judged]
        guessed: list[Labels] = [unit.guess for unit in judged]
        if self.multi:
            return multi_report(truth, guessed, self.field.labels)
        first = [[labels[0] if labels else BLANK for labels in side] for side in (truth, guessed)]
        return single_report(first[0], first[1], self.field.labels, blank=self.settings.blank)

    def baseline(self, train: Sequence[Row]) -> tuple[str, Baseline]:
        counts = Counter(
            tuple(sorted(labels))
            for row in train
            for labels in self.truth(row, turns_of(row.payload)).values()
        )
        labels = counts.most_common(1)[0][0] if counts else ()
        name = " + ".join(labels) or "no label"
        return f"always {name!r}, the most frequent answer", Always(self, labels)

    def value_everywhere(self, turns: Sequence[Turn], labels: Labels) -> Any:
        """The same labels for each unit of an item, in the field's answer form."""
        return self._prediction([(place, labels, 1.0, {}) for place in self.places(turns)]).value


class Always(Baseline):
    """The majority class."""

    def __init__(self, head: ChoiceHead, labels: Labels) -> None:
        self._head, self._labels = head, labels

    def value(self, row: Row) -> Any:
        return self._head.value_everywhere(turns_of(row.payload), self._labels)


def _spelled(label: str) -> str:
    """A name as people would write it: "card_not_working" is "card not working"."""
    return " ".join(label.replace("_", " ").replace("-", " ").split()) or label


def has_blanks(rows: Sequence[Row], settings: Settings) -> bool:
    """Whether any unit of the field was left without a label, so that blank is an answer to learn."""
    if settings.field.scope != "turn":
        return any(not row.value for row in rows)
    return any(
        set(eligible(turns_of(row.payload), settings)) - {entry.get("turn") for entry in row.value or []}
        for row in rows
    )
