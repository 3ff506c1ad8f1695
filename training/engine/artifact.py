"""A trained model as a folder: encoder and tokenizer in the usual files, the head beside them, no pickle.

model/  config.json, model.safetensors   the encoder, loadable by itself (also as the next run's base model)
        tokenizer.json, ...              its tokenizer
        head.safetensors, head.json      what the head adds; field, labels and settings it needs to predict
        card.json                        figures for the model card
"""

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from training.engine.atomic import write_folder
from training.engine.build import load_tokenizer
from training.engine.config import ENGINE_VERSION, FieldSpec, FitConfig
from training.engine.data import Row, settled
from training.engine.device import choose_device, use_bf16
from training.engine.errors import EngineError
from training.engine.evaluation.judging import judge
from training.engine.evaluation.outcomes import Outcome
from training.engine.heads.base import Head, Prediction, Settings
from training.engine.heads.registry import HEADS, make_head
from training.engine.tokens import TextEncoder


def save(
    folder: Path, network: nn.Module, head: Head, tokenizer: Any, config: FitConfig, card: Mapping[str, Any]
) -> None:
    """Write the model folder as a whole."""
    description = {
        "engine": ENGINE_VERSION, "name": artifact_name(config), "head": config.head, "field": config.field,
        "classes": list(head.classes), "settings": asdict(head.settings),
        "config": config.to_json(), "config_hash": config.hash,
    }  # fmt: skip

    def fill(draft: Path) -> None:
        head.save_network(network, draft)
        tokenizer.save_pretrained(draft)
        for name, content in (("head.json", description), ("card.json", dict(card))):
            (draft / name).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    write_folder(folder, fill)


def artifact_name(config: FitConfig) -> str:
    """The field's name and the beginning of the configuration's hash."""
    return f"{config.field_spec.name}-{config.hash[:12]}"


def read_head(folder: Path) -> dict[str, Any]:
    """head.json of a model folder. Raises EngineError when it is no such folder."""
    try:
        description: dict[str, Any] = json.loads((folder / "head.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise EngineError(f"{folder} is no model folder: it has no head.json.") from None
    except ValueError as error:
        raise EngineError(f"{folder}/head.json is broken: {error}.") from None
    if description.get("head") not in HEADS:
        raise EngineError(f"{folder} has a head of an unknown kind, {description.get('head')!r}.")
    return description


def data_hash_of(folder: Path) -> str:
    """Which data the model of a folder has seen; "" where its card does not say."""
    try:
        return str(json.loads((folder / "card.json").read_text(encoding="utf-8")).get("data_hash") or "")
    except (OSError, ValueError):
        return ""


def head_of(folder: Path) -> Head:
    """The head of a model folder without its weights: enough to read rows and to judge answers."""
    description = read_head(folder)
    settings = dict(description["settings"])
    field = {**settings.pop("field")}
    spec = FieldSpec(**{**field, "labels": tuple(field["labels"]), "speakers": tuple(field["speakers"])})
    head = make_head(description["head"], Settings(field=spec, **settings))
    if list(head.classes) != description["classes"]:
        raise EngineError(f"{folder}/head.json contradicts itself: its classes do not follow from its field.")
    return head


class Predictor:
    """A loaded model. `predict` may be called from several threads; forward passes take turns.

    runtime: by what name it was chosen, see runtimes.py.
    """

    def __init__(
        self, network: nn.Module, head: Head, text: TextEncoder, *, device: torch.device, bf16: bool = False,
        runtime: str = "",
    ) -> None:  # fmt: skip
        self.network, self.head, self.text, self.device, self.bf16 = network, head, text, device, bf16
        self.runtime = runtime or ("torch-bf16" if bf16 else "torch")
        self._turn = threading.Lock()

    def with_network(self, network: nn.Module, *, bf16: bool, runtime: str) -> "Predictor":
        """The same model, computed another way."""
        return Predictor(network, self.head, self.text, device=self.device, bf16=bf16, runtime=runtime)

    @property
    def memory_bytes(self) -> int:
        """What its weights take."""
        tensors = (*self.network.parameters(), *self.network.buffers())
        outside = sum(getattr(module, "memory_bytes", 0) for module in self.network.modules())
        return sum(tensor.nbytes for tensor in tensors) + outside

    def predict(
        self, payloads: Sequence[Mapping[str, Any]], *, seconds: dict[str, float] | None = None
    ) -> list[Prediction]:
        """One answer per item, in the field's JSON form. Raises EngineError for an item that is none.

        What tokenizing and the forward pass take is added to `seconds`.
        """
        rows = [Row(id=str(number), payload=dict(payload)) for number, payload in enumerate(payloads)]
        return self.predict_rows(rows, seconds=seconds)

    def predict_rows(
        self, rows: Sequence[Row], *, seconds: dict[str, float] | None = None
    ) -> list[Prediction]:
        seconds = {} if seconds is None else seconds
        with _measured(seconds, "tokenize"):
            examples = self.head.examples(rows, self.text, supervised=False)
        with self._turn, _measured(seconds, "forward"):
            outputs = self.head.outputs(
                self.network, examples, pad_id=self.text.pad_id, device=self.device, bf16=self.bf16
            )
        return self.head.predictions(rows, examples, outputs)

    def evaluate(self, rows: Sequence[Row]) -> dict[str, Any]:
        """Classification report on labelled rows."""
        return self.judge(rows)[0]

    def judge(self, rows: Sequence[Row]) -> tuple[dict[str, Any], list[Outcome]]:
        """Classification report on labelled rows, and what came of each unit of them."""
        rows = settled(rows)
        examples = self.head.examples(rows, self.text, supervised=True)
        with self._turn:
            outputs = self.head.outputs(
                self.network, examples, pad_id=self.text.pad_id, device=self.device, bf16=self.bf16
            )
        judged = judge(self.head, rows, examples, outputs)
        return judged.report, judged.outcomes


@contextmanager
def _measured(seconds: dict[str, float], part: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    seconds[part] = seconds.get(part, 0.0) + time.perf_counter() - began


def load(model_dir: Path | str, device: str | None = None, *, threads: int = 0) -> Predictor:
    """Load a model folder for prediction, on the GPU if there is one unless told otherwise.

    threads: of a forward pass on the CPU, for this whole process; 0 leaves it to torch.
    """
    if threads:
        torch.set_num_threads(threads)
    folder = Path(model_dir)
    head = head_of(folder)
    target = choose_device(device or "auto")
    network = head.load_network(folder).to(target).eval()
    text = TextEncoder(load_tokenizer(str(folder)))
    return Predictor(network, head, text, device=target, bf16=use_bf16("auto", target))
