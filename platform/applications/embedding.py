"""Vectors of texts, by the encoder that the site has chosen (BASE_MODEL)."""

import importlib
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from django.conf import settings

from training.engine.arrays import Floats
from training.engine.data import Row

if TYPE_CHECKING:
    from training.engine.survey import Describer


def embed(texts: Sequence[str]) -> Floats:
    """(N, D) float32 of unit length, in the order of `texts`; D is the encoder's."""
    if not texts:
        return np.zeros((0, dimensions()), dtype=np.float32)
    rows = [Row(id=str(number), payload={"text": text}, value=None) for number, text in enumerate(texts)]
    return _describer(settings.BASE_MODEL).vectors(rows)


def dimensions() -> int:
    return int(
        _describer(settings.BASE_MODEL).vectors([Row(id="0", payload={"text": "a"}, value=None)]).shape[1]
    )


@lru_cache(maxsize=1)
def _describer(base: str) -> "Describer":
    """One for each process, with its weights in memory. torch is loaded by whoever needs it first."""
    device = importlib.import_module("training.engine.device").choose_device("auto")
    found: Describer = importlib.import_module("training.engine.survey").Describer(base, device=device)
    return found
