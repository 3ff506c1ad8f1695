"""Vectors of texts by the site's encoder, with a sign of life now and then."""

from collections.abc import Callable, Sequence

import numpy as np
from django.conf import settings

from training.engine.arrays import Floats
from training.engine.data import Row
from training.engine.device import choose_device
from training.engine.survey import Describer

_AT_ONCE = 2048


def describe(texts: Sequence[str], tick: Callable[[float], None] = lambda _share: None) -> Floats:
    """(N, D) float32 of unit length, N > 0; each text is computed, so give distinct ones."""
    describer = Describer(settings.BASE_MODEL, device=choose_device("auto"))
    found = []
    for begin in range(0, len(texts), _AT_ONCE):
        part = texts[begin : begin + _AT_ONCE]
        found.append(describer.vectors([Row(id="", payload={"text": text}) for text in part]))
        tick(min(1.0, (begin + len(part)) / len(texts)))
    return np.concatenate(found)
