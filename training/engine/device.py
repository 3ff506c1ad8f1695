"""Where the arithmetic happens, and in which precision."""

import resource
import shutil
import sys

import torch
from torch import nn

from training.engine.config import FitConfig
from training.engine.errors import EngineError


def choose_device(name: str) -> torch.device:
    """ "auto": the first GPU if there is one, else the CPU."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise EngineError(f"Unknown device {name!r}; use auto, cpu, cuda or cuda:1.") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise EngineError(f"Device {name!r} was asked for, but torch sees no GPU here.")
    return device


def use_bf16(precision: str, device: torch.device) -> bool:
    """bf16 where the hardware multiplies in it; "auto" never emulates. EngineError if forced in vain."""
    if precision == "fp32":
        return False
    able = _has_bf16(device)
    if precision == "bf16" and not able:
        raise EngineError(f"precision bf16 was asked for, but {describe(device)} has none; use auto or fp32.")
    return able


def _has_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and bool(torch.cpu._is_avx512_bf16_supported())


def prepare(config: FitConfig, card: int = 0) -> torch.device:
    """Choose the device and set the process-wide switches of a run; `card` is ours where each has one."""
    device = choose_device(config.device)
    if config.threads:
        torch.set_num_threads(config.threads)
    if device.type == "cuda":
        if device.index is None:
            device = torch.device("cuda", card)
        torch.cuda.set_device(device)
        torch.set_float32_matmul_precision("high")
    return device


def compile_module(module: nn.Module, *, graphs: bool) -> None:
    """torch.compile in place, for lengths that vary. EngineError without a compiler, or graphs without a GPU.

    CUDA graphs are recorded anew for every shape, so they pay only where few lengths occur.
    """
    if graphs and not torch.cuda.is_available():
        raise EngineError("compile graphs was asked for, but there is no GPU; use kernels or off.")
    if not torch.cuda.is_available() and not any(map(shutil.which, ("c++", "g++", "clang++"))):
        raise EngineError("compile was asked for, but there is no C++ compiler here; use off.")
    module.compile(dynamic=True, mode="reduce-overhead" if graphs else None)


def describe(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU, {torch.get_num_threads()} threads, {torch.backends.cpu.get_cpu_capability()}"


def memory_mb(device: torch.device) -> float:
    """Peak memory so far: the GPU's if there is one, else the process's resident set."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    unit = 2**20 if sys.platform == "darwin" else 2**10  # bytes there, kilobytes elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def is_out_of_memory(error: BaseException) -> bool:
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(error)
