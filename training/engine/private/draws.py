"""Who is in a step, and the secret from which that lot and the noise are drawn.

The guarantee holds only while nobody else knows the noise. So it does not come from the run's seed, which
stands in the configuration and on the card, but from a secret of the run folder: made from the system's
random source before the first step, kept beside the checkpoints so that a run that was killed goes on with
the very same noise (other noise for the same step would give two releases where one was counted), and deleted
with them. The generators themselves are the usual fast ones, not cryptographic ones.
"""

import hashlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.engine.batching import Ints, Step

KEY_FILE = "noise.key"
_BYTES = 32


class Secret:
    """Seeds that follow from the secret, a purpose and numbers.

    about: what it may be used for; with other data or another recipe the same file gives other noise.
    """

    def __init__(self, key: bytes, *, about: str) -> None:
        self._key = hashlib.sha256(key + about.encode()).digest()

    @classmethod
    def of(cls, folder: Path, *, about: str) -> "Secret":
        """That of a folder, made if it is not there; readable by its owner alone."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / KEY_FILE
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            key = path.read_bytes()
            if len(key) == _BYTES:
                return cls(key, about=about)
            handle = os.open(path, os.O_WRONLY | os.O_TRUNC)  # killed while it was written: never used
        key = secrets.token_bytes(_BYTES)
        with os.fdopen(handle, "wb") as stream:
            stream.write(key)
            stream.flush()
            os.fsync(stream.fileno())
        return cls(key, about=about)

    def seed(self, purpose: str, *numbers: int) -> bytes:
        """32 bytes."""
        text = f"{purpose}/{'/'.join(map(str, numbers))}"
        return hashlib.sha256(self._key + text.encode()).digest()

    def lots(self, epoch: int) -> np.random.Generator:
        return np.random.default_rng(int.from_bytes(self.seed("lots", epoch)))

    def noise(self, step: int, device: torch.device) -> torch.Generator:
        generator = torch.Generator(device)
        generator.manual_seed(int.from_bytes(self.seed("noise", step)[:8]) >> 1)
        return generator


def by_unit(names: Sequence[str]) -> list[Ints]:
    """Positions of the examples of each unit, from the unit's name of each example."""
    found: dict[str, list[int]] = {}
    for position, name in enumerate(names):
        found.setdefault(name, []).append(position)
    return [np.array(positions, dtype=np.int64) for positions in found.values()]


def draw(units: Sequence[Ints], *, rate: float, most: int, lots: np.random.Generator) -> Step:
    """Each unit with probability `rate`, whatever the others get (Poisson sampling), of it `most` examples at
    the most. The parts of the step are the units."""
    chosen = np.flatnonzero(lots.random(len(units)) < rate)
    return [
        units[index] if len(units[index]) <= most else lots.choice(units[index], most, replace=False)
        for index in chosen.tolist()
    ]


def noise_like(weight: Tensor, *, scale: float, generator: torch.Generator) -> Tensor:
    """Gaussian with standard deviation `scale`."""
    drawn = torch.empty(weight.shape, dtype=torch.float32, device=weight.device)
    return drawn.normal_(0.0, scale, generator=generator)
