"""What decides a run: frozen, checked once, JSON-able, hashed into the artifact's name."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from training.engine.errors import EngineError
from training.engine.private import rules

ENGINE_VERSION = "1.0"
STARTER = "starter"  # the encoder of an installed wheel
# Each head and the types of the fields that it learns from; its class stands in heads/registry.py.
HEADS: dict[str, tuple[str, ...]] = {
    "span": ("span",), "choice": ("choice",), "scale": ("scale",), "rank": ("rank",),
    "relation": ("relation",), "text": ("text",), "embedding": ("choice",),
}  # fmt: skip
EMBEDDING = "embedding"  # the one head that is chosen beside that of the field's type
FIELD_TYPES = tuple(dict.fromkeys(kind for kinds in HEADS.values() for kind in kinds))
LABELLED = ("span", "choice", "relation")  # types that cannot do without labels
METRICS = ("accuracy", "micro_f1", "macro_f1", "quadratic_kappa", "pairwise_accuracy", "mrr", "rouge_l")
SCOPES = ("dialogue", "turn", "pair", "candidates", "spans")


@dataclass(frozen=True, kw_only=True)
class FieldSpec:
    """The part of a project's answer field that a model needs, read from the field's JSON configuration.

    options: what only fields of this type have (a scale's ends, a relation's span fields), as it is there.
    """

    name: str
    type: str
    labels: tuple[str, ...] = ()
    scope: str = "dialogue"
    multi: bool = False
    required: bool = True
    speakers: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "FieldSpec":
        """Read a field configuration; labels are strings or objects with a `name`. Raises EngineError."""
        if not isinstance(raw, Mapping) or not isinstance(raw.get("name"), str):
            raise EngineError("The field configuration has no name.")
        labels = tuple(
            item["name"] if isinstance(item, Mapping) else item for item in raw.get("labels") or ()
        )
        kind = str(raw.get("type"))
        if kind not in FIELD_TYPES:
            known = ", ".join(FIELD_TYPES)
            raise EngineError(f"No model head for a {kind!r} field; this engine trains: {known}.")
        if (not labels and kind in LABELLED) or not all(isinstance(item, str) and item for item in labels):
            raise EngineError(f"Field {raw['name']!r} names no labels.")
        if len(set(labels)) != len(labels):
            raise EngineError(f"Field {raw['name']!r} names a label twice.")
        scope = str(raw.get("scope") or ("turn" if kind == "span" else "dialogue"))
        if scope not in SCOPES:
            raise EngineError(f"Unknown scope {scope!r}; it is one of {', '.join(SCOPES)}.")
        usual = scope != "turn" and kind != "relation"
        return cls(name=raw["name"], type=kind, labels=labels, scope=scope,
                   multi=bool(raw.get("multi")), required=bool(raw.get("required", usual)),
                   speakers=tuple(raw.get("speakers") or ()),
                   options={key: raw[key] for key in _OPTIONS if key in raw})  # fmt: skip


_OPTIONS = (
    "min", "max", "step", "top", "from", "to", "from_labels", "to_labels", "directed", "max_length",
)  # fmt: skip
_BATCH_TOKENS = 4096
ALL_LAYERS = -1
# name -> (smallest, largest) allowed value
_RANGES: dict[str, tuple[float, float]] = {
    "epochs": (1, 1000), "learning_rate": (0, 1), "head_learning_rate": (0, 1), "warmup_share": (0, 1),
    "weight_decay": (0, 1), "max_grad_norm": (0, 1e6), "batch_examples": (1, 65536),
    "batch_tokens": (16, 2**24),
    "micro_tokens": (16, 2**24), "max_length": (16, 32768), "stride": (0, 16384), "context_before": (0, 50),
    "context_after": (0, 50), "dropout": (0, 0.9), "attention_dropout": (0, 0.9), "label_smoothing": (0, 0.9),
    "final_rate": (0, 1), "layer_decay": (0.1, 1), "average_share": (0, 1),
    "temperature": (0.001, 10), "partners": (1, 1000), "patience": (0, 1000),
    "lora_rank": (0, 1024), "lora_alpha": (1, 4096), "lora_dropout": (0, 0.9), "reply_tokens": (1, 4096),
    "warmth": (0, 5), "max_steps": (0, 2**40), "log_every": (1, 10**6), "checkpoint_steps": (0, 2**40),
    "checkpoint_seconds": (0, 10**7), "threads": (0, 1024), "processes": (0, 64),
    "seed": (0, 2**63 - 1), "dp_epsilon": (0, 100), "dp_noise_multiplier": (0, 1000), "dp_delta": (0, 0.1),
    "dp_max_grad_norm": (1e-6, 1e6), "dp_unit_examples": (1, 1024),
    "tuned_layers": (ALL_LAYERS, 1000),
}  # fmt: skip
_CHOICES: dict[str, tuple[str, ...]] = {
    "head": tuple(HEADS), "class_weights": ("none", "balanced"), "precision": ("auto", "fp32", "bf16"),
    "compile": ("off", "kernels", "graphs"), "targets": ("soft", "hard"),
    "metric": ("auto", *METRICS), "keep": ("best", "last"), "dp_unit": rules.UNITS,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class FitConfig:
    """One training recipe. The defaults are the starter recipe, measured on two CPU cores.

    field: the answer field's own JSON configuration. base_model: "starter", a folder, or a hub name.
    learning_rate is the encoder's peak rate, head_learning_rate the new layer's; both rise over
    `warmup_share` of all steps and fall linearly to `final_rate` of the peak.
    layer_decay: each layer of the encoder learns at this share of the rate of the layer above it.
    average_share: the model is the mean of the weights over this last share of all steps (averaging.py).
    One optimizer step sees at most `batch_examples` examples and `batch_tokens` padded tokens; memory is
    bounded by `micro_tokens`, into which a step is cut without changing its gradient.
    targets: learn the crowd's doubt where a row carries it (soft), or its label alone (hard).
    context_before/after: neighbouring turns shown with a turn. stride: tokens shared by two windows.
    tuned_layers: how many of the encoder's top layers learn; -1 all of them, 0 only what stands on it.
    fit_head_first: fit the new layer on the untouched encoder before fine-tuning both (see probe.py).
    temperature, partners: of contrastive learning (contrast.py, heads/embedding.py): how sharply near texts
    are told apart, and with how many others of its label a text is shown in each epoch.
    label_names: the name of each label is one more training text with that label (choices about whole texts).
    new_characters: give characters of Chinese and Japanese that the base model cannot read, and that training
    texts hold, tokens of their own (vocabulary.py).
    lora_rank, lora_alpha, lora_dropout, lora_targets: the adapters by which a decoder is tuned (decoder.py);
    rank 0 tunes all of it; targets are "auto", all linear layers, or names with commas between.
    reply_tokens, warmth: how long a written reply may get, and at which temperature it is drawn (0: never).
    keep: the epoch with the best dev figure, or the last one; with `last` nothing is chosen on the dev rows.
    patience: epochs without a better dev figure before stopping (0 = never stop early).
    max_steps, checkpoint_steps, checkpoint_seconds, threads: 0 = no limit, off, off, torch decides.
    processes: how many train together, each on its own GPU; 0 = one for each GPU that can be seen.
    gradient_checkpointing: compute activations twice instead of keeping them; for large models.
    dp_epsilon, dp_delta: train with differential privacy within this budget (private/); 0 is without, and a
    delta of 0 is one in ten times the units. dp_noise_multiplier: the noise itself, in place of a budget.
    dp_max_grad_norm: how much one unit may move a step. dp_unit: what is protected as a whole, all rows of a
    group or a single example. dp_unit_examples: how many of a unit's examples take part in a step.
    memorisation_test: plant made-up strings among the training rows and tell how well they were learned by
    heart (memorisation/canaries.py).
    compile: torch.compile on the encoder, "kernels", or "graphs" with CUDA graphs as well (decision 0098).
    """

    head: str
    field: dict[str, Any] = field(default_factory=dict)
    base_model: str = "starter"
    epochs: int = 6
    learning_rate: float = 3e-4
    head_learning_rate: float = 2e-3
    warmup_share: float = 0.1
    final_rate: float = 0.0
    layer_decay: float = 1.0
    average_share: float = 0.0
    weight_decay: float = 0.01
    max_grad_norm: float = 1.0
    batch_examples: int = 32
    batch_tokens: int = _BATCH_TOKENS
    micro_tokens: int = 8192
    max_length: int = 256
    stride: int = 64
    context_before: int = 1
    context_after: int = 0
    dropout: float = 0.1
    attention_dropout: float = 0.0
    label_smoothing: float = 0.0
    label_names: bool = False
    new_characters: bool = False
    class_weights: str = "none"
    targets: str = "soft"
    freeze_embeddings: bool = False
    tuned_layers: int = ALL_LAYERS
    fit_head_first: bool = True
    metric: str = "auto"
    temperature: float = 0.1
    lora_rank: int = 8
    lora_alpha: int = 16
    lora_dropout: float = 0.05
    lora_targets: str = "auto"
    reply_tokens: int = 128
    warmth: float = 0.0
    partners: int = 2
    keep: str = "best"
    patience: int = 3
    max_steps: int = 0
    precision: str = "auto"
    device: str = "auto"
    threads: int = 0
    processes: int = 0
    gradient_checkpointing: bool = False
    compile: str = "off"
    seed: int = 13
    log_every: int = 10
    checkpoint_steps: int = 0
    checkpoint_seconds: float = 60
    dp_epsilon: float = 0.0
    dp_noise_multiplier: float = 0.0
    dp_delta: float = 0.0
    dp_max_grad_norm: float = 1.0
    dp_unit: str = "group"
    dp_unit_examples: int = 8
    memorisation_test: bool = False

    def __post_init__(self) -> None:
        for entry in fields(self):
            _check_type(entry.name, getattr(self, entry.name), entry.type)
        for name, (low, high) in _RANGES.items():
            if not low <= getattr(self, name) <= high:
                raise EngineError(
                    f"{name} must be between {low:g} and {high:g}, not {getattr(self, name)!r}."
                )
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise EngineError(f"{name} must be one of {', '.join(allowed)}, not {getattr(self, name)!r}.")
        if self.stride * 2 > self.max_length:
            raise EngineError("stride may be at most half of max_length.")
        if self.field_spec.type not in HEADS[self.head]:
            raise EngineError(f"A {self.field_spec.type!r} field needs that head, not {self.head!r}.")
        if self.head == "text" and self.base_model == STARTER:
            raise EngineError("A text field needs a causal decoder as base_model: a hub name or a folder.")
        if self.is_private and (why := rules.refusal(vars(self), usual_batch_tokens=_BATCH_TOKENS)):
            raise EngineError(why)

    @property
    def is_private(self) -> bool:
        """Whether it is trained with differential privacy."""
        return rules.is_private(vars(self))

    @property
    def field_spec(self) -> FieldSpec:
        return FieldSpec.from_json(self.field)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "FitConfig":
        """Build from parsed JSON, naming every key that is unknown. Raises EngineError."""
        if not isinstance(raw, Mapping):
            raise EngineError("The configuration must be a JSON object.")
        known = {entry.name for entry in fields(cls)}
        if unknown := sorted(set(raw) - known):
            raise EngineError(
                f"Unknown settings: {', '.join(unknown)}. Known are: {', '.join(sorted(known))}."
            )
        if "head" not in raw:
            raise EngineError("The configuration names no head.")
        return cls(**raw)

    @classmethod
    def read(cls, path: Path) -> "FitConfig":
        """Read config.json, with a clear EngineError when it is absent or broken."""
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise EngineError(f"{path} does not exist.") from None
        except ValueError as error:
            raise EngineError(f"{path} is no valid JSON: {error}.") from None
        return cls.from_json(raw)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def hash(self) -> str:
        """SHA-256 over the canonical JSON, as 64 hex digits."""
        text = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def _check_type(name: str, value: object, annotation: object) -> None:
    """Refuse `"epochs": "3"` and `"epochs": true`; an integer passes for a number."""
    expected: dict[object, tuple[type, ...]] = {
        int: (int,), float: (int, float), str: (str,), bool: (bool,), dict[str, Any]: (dict,)
    }  # fmt: skip
    allowed = expected[annotation]
    if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
        raise EngineError(f"{name} must be {' or '.join(kind.__name__ for kind in allowed)}, not {value!r}.")
