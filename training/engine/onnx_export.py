"""An encoder written as an ONNX file, in float32 or with weights of 8 bits."""

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from training.engine.errors import EngineError, first_line

_LARGEST_MB = 1800  # a file of this format must stay below 2 GB
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


class _States(nn.Module):
    """The encoder with plain tensors going in and coming out, as an exporter wants it."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> Tensor:
        types = {} if token_type_ids is None else {"token_type_ids": token_type_ids}
        states: Tensor = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, **types
        ).last_hidden_state
        return states


def export(encoder: nn.Module, target: Path) -> None:
    """Write the encoder in float32 for any number of texts (B) of any length (T).

    Raises EngineError for one that cannot be written: a decoder, one that is too large, or one whose
    computation the exporter does not follow.
    """
    config: Any = encoder.config
    if getattr(config, "is_decoder", False) or any("CausalLM" in name for name in config.architectures or ()):
        raise EngineError("only encoders are exported, and this is a decoder")
    megabytes = sum(tensor.nbytes for tensor in encoder.parameters()) / 2**20
    if megabytes > _LARGEST_MB:
        raise EngineError(f"its {megabytes:.0f} MB do not fit into one file of this format")
    names = _INPUTS if int(getattr(config, "type_vocab_size", 0) or 0) > 1 else _INPUTS[:2]
    # With padding: some encoders leave the mask out of a computation in which it hides nothing.
    mask = torch.tensor([[1] * 8, [1] * 5 + [0] * 3])
    example = (torch.ones_like(mask), mask, torch.zeros_like(mask))[: len(names)]
    # Upper bounds of positions are the encoder's own business; what is longer is cut before it comes here.
    shape = {0: torch.export.Dim("texts", min=1, max=4096), 1: torch.export.Dim("tokens", min=1, max=512)}
    try:
        with _silence(), torch.no_grad():
            torch.onnx.export(
                _States(encoder).eval(), example, str(target), input_names=list(names),
                output_names=["states"], dynamic_shapes=(shape,) * len(names), dynamo=True,
                external_data=False, verbose=False,
            )  # fmt: skip
    except Exception as error:
        # The exporter raises whatever it stumbles over; none of it is a fault of the run or of the server.
        raise EngineError(f"the exporter does not follow it: {first_line(error)}") from error


def quantize(source: Path, target: Path) -> None:
    """Weights as 8-bit integers, one scale for each output; activations are measured as they come."""
    with _silence():
        quantize_dynamic(source, target, weight_type=QuantType.QInt8, per_channel=True)


@contextmanager
def _silence() -> Iterator[None]:
    """Exporter and quantizer report every step to whoever listens."""
    logging.disable(logging.WARNING)
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)
