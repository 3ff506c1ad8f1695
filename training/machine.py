"""What a trainer says about the machine it runs on. Loads neither torch nor CUDA: its children will."""

import os
import platform
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from training import devices
from training.engine.config import ENGINE_VERSION


@dataclass(frozen=True, slots=True)
class Machine:
    """Memory in MiB. `slots`: how many runs it takes at once. `cards`: its GPUs, none on a CPU trainer."""

    host: str = ""
    engine: str = ""
    torch: str = ""
    python: str = ""
    driver: str = ""
    cpu: str = ""
    cores: int = 0
    memory_mb: int = 0
    free_mb: int = 0
    slots: int = 1
    cards: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def here(cls, *, slots: int) -> "Machine":
        cards = devices.list_cards()
        memory = _memory()
        return cls(
            host=platform.node(), engine=ENGINE_VERSION, torch=_version("torch"),
            python=platform.python_version(), driver=next((card.driver for card in cards), ""),
            cpu=_processor(), cores=len(os.sched_getaffinity(0)), memory_mb=memory.get("MemTotal", 0),
            free_mb=memory.get("MemAvailable", 0), slots=slots, cards=[asdict(card) for card in cards],
        )  # fmt: skip

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "Machine":
        """What another version of this program wrote: names that are unknown here are passed over."""
        return cls(**{name: value for name, value in raw.items() if name in cls.__dataclass_fields__})

    @property
    def is_old(self) -> bool:
        """Its engine is not the one that this web process would start."""
        return bool(self.engine) and self.engine != ENGINE_VERSION


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    for line in _lines("/proc/cpuinfo"):
        name, _colon, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()


def _memory() -> dict[str, int]:
    """MiB by name, such as MemTotal."""
    pairs = (line.split() for line in _lines("/proc/meminfo"))
    return {pair[0].rstrip(":"): int(pair[1]) // 1024 for pair in pairs if len(pair) == 3}


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
