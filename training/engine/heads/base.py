"""What a model head must be able to do; the run, the loop, the artifact and the command line know only this.

A head turns rows into examples, outputs into answers, and answers into a report. It brings its own network
and loss where the usual ones (an encoder and one linear layer, cross-entropy) do not fit.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from training.engine.batching import Example, Floats, Truth
from training.engine.build import Network, balanced_weights, build_network, load_encoder, usable_length
from training.engine.config import FieldSpec, FitConfig
from training.engine.data import Row
from training.engine.errors import EngineError
from training.engine.evaluation.calibration import fit_temperature
from training.engine.evaluation.outcomes import Losses, Outcome
from training.engine.infer import logits_of
from training.engine.loss import CrossEntropy, Loss
from training.engine.metrics import Report
from training.engine.payload import turns_of
from training.engine.tokens import TextEncoder

WEIGHTS_FILE = "head.safetensors"


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
    reply_tokens: int = 0  # text: how long a written reply may get,
    warmth: float = 0.0  # and at which temperature it is drawn; 0 takes the likeliest token
    temperature: float = 1.0  # logits are divided by it before they become probabilities

    @classmethod
    def of(cls, config: FitConfig, *, max_length: int, blank: bool) -> "Settings":
        return cls(
            field=config.field_spec, max_length=max_length, stride=min(config.stride, max_length // 2),
            context_before=config.context_before, context_after=config.context_after, blank=blank,
        )  # fmt: skip


class Head(ABC):
    """One kind of answer. What it must know again when it predicts stands in `settings`, nowhere else."""

    multi: bool = False  # independent yes/no per class instead of one of all classes
    leads: int = 1  # tokens that one decision looks at
    trims_vocabulary: bool = True  # only the embeddings of tokens that occur are trained (SeenEmbedding)
    calibrates: bool = False  # outputs are logits that `scaled` is applied to; its temperature can be fitted
    share: str = "accuracy"  # in its report: which share of the decisions was right,
    counted: str = "units"  # and how many there were
    fits_first: bool = True  # the last layer may be fitted on frozen features before the rest (probe.py)

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.field = settings.field

    # -- the network: override what does not fit ----------------------------------------------------------

    @classmethod
    def load_base(cls, base: str) -> Any:
        """The pretrained model in a folder or under a hub name; what `network` is built on."""
        return load_encoder(base)

    @classmethod
    def learn(cls, config: FitConfig, encoder: Any, train: Sequence[Row]) -> Self:
        """The head for a new run, with the settings that follow from the base model and training rows."""
        return cls(Settings.of(config, max_length=usable_length(encoder, config.max_length), blank=False))

    def network(self, encoder: Any, config: FitConfig) -> nn.Module:
        """What is trained: has the base model as `encoder`, and `forward(batch)` gives what the loss takes.

        Parameters under `encoder.` learn at learning_rate, all others at head_learning_rate.
        """
        return build_network(encoder, config, classes=len(self.classes), leads=self.leads)

    def loss(self, config: FitConfig | None = None, train: Sequence[Example] = ()) -> Loss:
        """The training loss; without a configuration the plain one that epochs are compared by."""
        if config is None:
            return CrossEntropy(self.multi)
        weights: Tensor | None = None
        if config.class_weights == "balanced":
            weights = torch.from_numpy(balanced_weights(Truth.of(train).targets.numpy(), multi=self.multi))
        return CrossEntropy(self.multi, config.label_smoothing, weights)

    def save_network(self, network: nn.Module, folder: Path) -> None:
        """Write base model and last layer into an empty folder, as safetensors."""
        network.encoder.save_pretrained(folder)  # type: ignore[union-attr,operator]
        layer: dict[str, Tensor] = network.output.state_dict()  # type: ignore[union-attr]
        save_file({name: tensor.contiguous().cpu() for name, tensor in layer.items()}, folder / WEIGHTS_FILE)

    def load_network(self, folder: Path) -> nn.Module:
        """What `save_network` wrote, ready to predict on the CPU. EngineError when it is unreadable."""
        network = Network(load_encoder(str(folder)), classes=len(self.classes), dropout=0.0, leads=self.leads)
        try:
            network.output.load_state_dict(load_file(folder / WEIGHTS_FILE))
        except (OSError, RuntimeError, SafetensorError) as error:
            raise EngineError(f"{folder}/{WEIGHTS_FILE} cannot be read: {error}") from error
        return network

    # -- what it says -------------------------------------------------------------------------------------

    @property
    @abstractmethod
    def classes(self) -> tuple[str, ...]:
        """Names of the C outputs of the last layer."""

    @property
    @abstractmethod
    def metric(self) -> str:
        """The dev figure that decides which epoch is best, one of config.METRICS; more is better."""

    @abstractmethod
    def examples(self, rows: Sequence[Row], text: TextEncoder, *, supervised: bool) -> list[Example]:
        """Model inputs of the rows; with targets when supervised. Raises EngineError naming the bad row."""

    def lessons(self, rows: Sequence[Row], text: TextEncoder) -> list[Example]:
        """The examples to train on; a head that has too many may take a sample and weigh it."""
        return [example for example in self.examples(rows, text, supervised=True) if example.weight > 0]

    def label_rows(self) -> list[Row]:
        """Rows made of the labels' own names, for recipes that learn from them too; most heads have none."""
        return []

    def training_examples(self, examples: Sequence[Example], config: FitConfig) -> Sequence[Example]:
        """What an epoch goes through: those of the training rows, unless the head puts them together anew."""
        return examples

    def outputs(self, network: nn.Module, examples: Sequence[Example], **how: Any) -> list[Any]:
        """What `predictions` reads, per example: (K, C) logits. `how`: the options of infer.logits_of."""
        return list(logits_of(network, examples, **how))

    def mean_loss(self, examples: Sequence[Example], outputs: Sequence[Any]) -> float:
        """The plain loss of supervised examples, every one counted once; breaks ties between epochs."""
        if not examples:
            return 0.0
        truth, loss = Truth.of(examples), self.loss()
        truth = truth._replace(weights=torch.ones(len(truth.weights)))
        return float(loss(torch.from_numpy(np.concatenate(outputs)), truth) / loss.weigh(truth).sum())

    @abstractmethod
    def predictions(
        self, rows: Sequence[Row], examples: Sequence[Example], outputs: Sequence[Any]
    ) -> list[Prediction]:
        """One answer per row from what `outputs` gave for each example."""

    def scaled(self, logits: Floats) -> Floats:
        """Logits as they become probabilities (see evaluation/calibration.py)."""
        return logits if self.settings.temperature == 1.0 else logits / np.float32(self.settings.temperature)

    def at(self, temperature: float) -> Self:
        """The same head at another temperature."""
        return type(self)(replace(self.settings, temperature=temperature))

    def calibrated(self, examples: Sequence[Example], outputs: Sequence[Any]) -> Self:
        """The same head with the temperature that makes supervised dev examples likeliest."""
        if not (self.calibrates and examples):
            return self
        truth, loss = Truth.of(examples), self.loss()
        truth = truth._replace(weights=torch.ones(len(truth.weights)))
        logits = torch.from_numpy(np.concatenate(outputs))
        return self.at(fit_temperature(lambda degree: float(loss(logits / degree, truth))))

    def certainties(
        self, examples: Sequence[Example], outputs: Sequence[Any], outcomes: Sequence[Outcome]
    ) -> tuple[list[float], list[float]]:
        """How sure each decision was and how right (0 to 1): what calibration is measured on."""
        return [o.confidence for o in outcomes], [o.right / max(o.units, 1) for o in outcomes]

    def tuned(self, rows: Sequence[Row], examples: Sequence[Example], outputs: Sequence[Any]) -> "Head":
        """The same head with what is best set on dev rows once the training is over (a threshold)."""
        return self

    @abstractmethod
    def report(self, rows: Sequence[Row], values: Sequence[Any]) -> Report:
        """Figures of predicted values against the rows' own; `metric` is among them.

        Where answers are labels: `labels`, `micro`, `macro`, `accuracy` and `confusion` of metrics.py.
        """

    def outcomes(
        self, rows: Sequence[Row], predictions: Sequence[Prediction], losses: Losses | None = None
    ) -> list[Outcome]:
        """What came of each unit (see Outcome); summed up they give the figures of `report`.

        A head whose answers have labels, or several units to a row, says more than this.
        """
        found = []
        for number, (row, prediction) in enumerate(zip(rows, predictions, strict=True)):
            report = self.report([row], [prediction.value])
            if units := int(report.get(self.counted, 1)):
                found.append(Outcome(
                    id=row.id, group=row.group, characters=sum(len(t.text) for t in turns_of(row.payload)),
                    units=units, right=float(report.get(self.share, 0.0)) * units, value=prediction.value,
                    confidence=prediction.confidence, loss=(losses or {}).get((number, 0)),
                ))  # fmt: skip
        return found

    def losses(self, examples: Sequence[Example], outputs: Sequence[Any]) -> dict[tuple[int, int], float]:
        """Mean plain loss of the decisions on each (row, turn), for supervised examples."""
        sums: dict[tuple[int, int], list[float]] = {}
        loss = self.loss()
        for example, output in zip(examples, outputs, strict=True):
            truth = Truth.of([example])
            truth = truth._replace(weights=torch.ones(len(truth.weights)))
            entry = sums.setdefault((example.row, example.turn), [0.0, 0.0])
            entry[0] += float(loss(torch.from_numpy(self.scaled(output)), truth))
            entry[1] += float(loss.weigh(truth).sum())
        return {place: total / max(weight, 1e-9) for place, (total, weight) in sums.items()}

    def memory_losses(
        self, network: nn.Module, examples: Sequence[Example], **how: Any
    ) -> dict[tuple[int, int], float]:
        """The losses by which one would tell whether these were trained on (memorisation/membership.py)."""
        return self.losses(examples, self.outputs(network, examples, **how))

    @abstractmethod
    def baseline(self, train: Sequence[Row]) -> tuple[str, "Baseline"]:
        """The best rule that reads no text: its name and how it answers."""


class Baseline(ABC):
    """A rule learned by counting."""

    @abstractmethod
    def value(self, row: Row) -> Any:
        """The rule's answer for one row."""
