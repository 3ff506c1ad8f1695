"""What a model head must be able to do; the loop, the artifact and the command line know only this."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from training.engine.batching import Example, Floats
from training.engine.config import FieldSpec, FitConfig
from training.engine.data import Row
from training.engine.metrics import Report
from training.engine.tokens import TextEncoder


@dataclass(frozen=True, slots=True)
class Prediction:
    """value: the field's answer in its JSON form. confidence: 0..1. detail: probabilities behind it."""

    value: Any
    confidence: float
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a head must know again when it predicts; written to head.json."""

    field: FieldSpec
    max_length: int
    stride: int
    context_before: int
    context_after: int
    blank: bool = False  # "no label" is one of the possible answers
    threshold: float = 0.5  # multi-label: a label is chosen at this probability

    @classmethod
    def of(cls, config: FitConfig, *, max_length: int, blank: bool) -> "Settings":
        return cls(
            field=config.field_spec, max_length=max_length, stride=min(config.stride, max_length // 2),
            context_before=config.context_before, context_after=config.context_after, blank=blank,
        )  # fmt: skip


class Head(ABC):
    """Turns rows into examples, logits into answers, and answers into a report."""

    multi: bool = False  # independent yes/no per class instead of one of all classes

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.field = settings.field

    @property
    @abstractmethod
    def classes(self) -> tuple[str, ...]:
        """Names of the C outputs of the last layer."""

    @property
    @abstractmethod
    def metric(self) -> str:
        """The dev figure that decides which epoch is best: accuracy, micro_f1 or macro_f1."""

    @abstractmethod
    def examples(self, rows: Sequence[Row], text: TextEncoder, *, supervised: bool) -> list[Example]:
        """Model inputs of the rows; with targets when supervised. Raises EngineError naming the bad row."""

    @abstractmethod
    def predictions(
        self, rows: Sequence[Row], examples: Sequence[Example], logits: Sequence[Floats]
    ) -> list[Prediction]:
        """One answer per row from (K, C) logits per example."""

    @abstractmethod
    def report(self, rows: Sequence[Row], values: Sequence[Any]) -> Report:
        """Classification report of predicted values against the rows' own."""

    @abstractmethod
    def baseline(self, train: Sequence[Row]) -> tuple[str, "Baseline"]:
        """The best rule that reads no text: its name and how it answers."""


class Baseline(ABC):
    """A rule learned by counting."""

    @abstractmethod
    def value(self, row: Row) -> Any:
        """The rule's answer for one row."""
