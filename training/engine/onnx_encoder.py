"""An ONNX file in the place of a network's encoder.

Only the encoder is in the file: pooling, the last layer and what a head makes of it stay as they are, so
every head whose network holds an encoder can be served either way.
"""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import onnxruntime
import torch
from torch import Tensor, nn

from training.engine.errors import EngineError, first_line


class OnnxEncoder(nn.Module):
    """Stands where the encoder stood: takes and gives torch tensors on the CPU."""

    def __init__(self, file: Path, config: Any, *, threads: int = 0) -> None:
        super().__init__()
        self.config = config
        self.memory_bytes = file.stat().st_size
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # Threads that spin while they wait take the cores from everything else on this machine.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(
                str(file), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise EngineError(f"{file} cannot be read: {first_line(error)}") from error
        self._inputs = {entry.name for entry in self._session.get_inputs()}

    def forward(self, **inputs: Tensor) -> SimpleNamespace:
        """`last_hidden_state`: (B, T, H) of (B, T) ids, mask and types."""
        given = {name: t.long().numpy() for name, t in inputs.items() if name in self._inputs}
        return SimpleNamespace(last_hidden_state=torch.from_numpy(self._session.run(None, given)[0]))
