"""Checkpoints: safetensors and JSON, each in a folder that appears whole or not at all."""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from training.engine.atomic import write_folder
from training.engine.errors import EngineError


@dataclass
class Progress:
    """Where a run stands. Together with the tensors it decides everything that is still to come: the order
    of examples follows from the seed and the epoch, dropout from the seed and the step."""

    step: int = 0
    epoch: int = 0
    position: int = 0  # batches of this epoch already done
    micro_tokens: int = 0
    best_epoch: int = -1
    best_value: float = float("-inf")
    best_loss: float = float("inf")
    stale_epochs: int = 0
    finished: bool = False
    seconds: float = 0.0  # spent training, over all starts
    tokens: int = 0
    padded_tokens: int = 0
    window_loss: float = 0.0  # sums since the last step event
    window_steps: int = 0
    noise_multiplier: float = 0.0  # of a private run; what was spent follows from it and the steps


class CheckpointStore:
    """RUN_DIR/checkpoints: `step-N` to go on from (the newest is kept), `best-E` the best epoch's weights."""

    def __init__(self, folder: Path, *, fingerprint: str, writes: bool = True) -> None:
        self.folder = folder
        self.fingerprint = fingerprint
        self._writes = writes  # one process of a team does it for all

    def latest(self) -> Path | None:
        steps = sorted(self.folder.glob("step-*"), key=lambda path: int(path.name[5:]))
        return steps[-1] if steps else None

    def save(self, progress: Progress, network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Write `step-N` and drop what it replaces."""
        if not self._writes:
            return
        tensors = {f"model.{name}": tensor for name, tensor in _trained(network).items()}
        for index, state in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{key}": value for key, value in state.items()}

        def fill(folder: Path) -> None:
            save_file(_plain(tensors), folder / "tensors.safetensors")
            state = {"fingerprint": self.fingerprint, "progress": asdict(progress)}
            (folder / "state.json").write_text(json.dumps(state), encoding="utf-8")

        target = self.folder / f"step-{progress.step:08d}"
        write_folder(target, fill)
        self._drop("step-*", target.name)
        self._drop("best-*", f"best-{progress.best_epoch:04d}")

    def restore(self, network: nn.Module, optimizer: torch.optim.Optimizer) -> Progress | None:
        """Load the newest checkpoint into network and optimizer; None when there is none.

        Raises EngineError when it belongs to another configuration or other data.
        """
        folder = self.latest()
        if folder is None:
            return None
        state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        if state["fingerprint"] != self.fingerprint:
            raise EngineError(
                "The checkpoints here belong to another configuration or other data; "
                "use a new run folder, or delete checkpoints/ to begin again."
            )
        tensors = load_file(folder / "tensors.safetensors")
        _put_back(network, _with_prefix(tensors, "model."))
        _restore_optimizer(optimizer, _with_prefix(tensors, "optimizer."))
        return Progress(**state["progress"])

    def save_best(self, epoch: int, network: nn.Module) -> None:
        if self._writes:
            write_folder(
                self.folder / f"best-{epoch:04d}",
                lambda folder: save_file(_plain(_trained(network)), folder / "tensors.safetensors"),
            )

    def load_best(self, epoch: int, network: nn.Module) -> None:
        """The best epoch's weights, for the one who wrote them."""
        if self._writes:
            _put_back(network, load_file(self.folder / f"best-{epoch:04d}" / "tensors.safetensors"))

    def clear(self) -> None:
        """Free the space once the model itself is saved."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _drop(self, pattern: str, keep: str) -> None:
        for path in self.folder.glob(pattern):
            if path.name != keep:
                shutil.rmtree(path)


def _trained(network: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach() for name, tensor in network.named_parameters() if tensor.requires_grad}


def _plain(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.contiguous().cpu() for name, tensor in tensors.items()}


def _with_prefix(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _put_back(network: nn.Module, tensors: dict[str, Tensor]) -> None:
    parameters = dict(network.named_parameters())
    with torch.no_grad():
        for name, tensor in tensors.items():
            parameters[name].copy_(tensor)


def _restore_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    state: dict[int, dict[str, Any]] = {}
    for name, tensor in tensors.items():
        index, key = name.split(".", 1)
        state.setdefault(int(index), {})[key] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
