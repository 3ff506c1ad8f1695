"""A served model as it is computed on this machine: by torch in float32 or bf16, or by ONNX Runtime, or int8.

runtime_choice.py measures and chooses; this reads what was chosen.

model/runtime/  choice.json                        what was measured, what was chosen, and why
                encoder.onnx or encoder.int8.onnx  only if that is what was chosen
"""

import json
import platform
from copy import copy
from pathlib import Path
from typing import Any

import onnxruntime
import torch

from training.engine import artifact
from training.engine.artifact import Predictor
from training.engine.errors import EngineError
from training.engine.onnx_encoder import OnnxEncoder

TORCH, BF16, ONNX, INT8 = "torch", "torch-bf16", "onnx", "onnx-int8"
FILES = {ONNX: "encoder.onnx", INT8: "encoder.int8.onnx"}
FOLDER, CHOICE = "runtime", "choice.json"


def machine() -> str:
    """What a choice holds for: processor, and the versions of what computes on it."""
    return f"{_processor()}, torch {torch.__version__}, onnxruntime {onnxruntime.__version__}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    kinds = {line.partition(":")[2].strip() for line in lines if line.startswith("model name")}
    return f"{' '.join(sorted(kinds)) or platform.machine()}, {torch.backends.cpu.get_cpu_capability()}"


def choice_of(model_dir: Path) -> dict[str, Any] | None:
    """What was chosen for this folder, on whatever machine; None where nothing was, or it is unreadable."""
    try:
        content: dict[str, Any] = json.loads((model_dir / FOLDER / CHOICE).read_text(encoding="utf-8"))
        return content
    except (OSError, ValueError):
        return None


def load(model_dir: Path, *, threads: int = 1) -> Predictor:
    """The model as it was chosen for this machine; torch on a GPU, on another machine, or where in doubt."""
    predictor = artifact.load(model_dir, threads=threads)
    choice = choice_of(model_dir)
    if predictor.device.type != "cpu" or choice is None or choice.get("machine") != machine():
        return predictor
    try:
        return as_runtime(predictor, str(choice["chosen"]), model_dir / FOLDER, threads)
    except (EngineError, OSError):
        return predictor  # the file is gone or broken: slower, and the same answers


def as_runtime(predictor: Predictor, runtime: str, folder: Path, threads: int) -> Predictor:
    """The same model computed another way; shares all weights but the encoder's."""
    if runtime in FILES:
        network = copy(predictor.network)  # shallow: with tables of modules of its own
        network._modules = dict(predictor.network._modules)
        encoder = OnnxEncoder(folder / FILES[runtime], predictor.network.encoder.config, threads=threads)  # type: ignore[union-attr]
        network.encoder = encoder
        return predictor.with_network(network, bf16=False, runtime=runtime)
    return predictor.with_network(predictor.network, bf16=runtime == BF16, runtime=runtime)
