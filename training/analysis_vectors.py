"""Vectors of every text of an analysis, by the site's encoder, kept beside the texts until these change."""

import os
from collections.abc import Callable
from hashlib import sha256
from itertools import islice
from pathlib import Path
from uuid import uuid4

import numpy as np
from django.conf import settings

from training.analysis_data import Source
from training.engine.arrays import Floats
from training.engine.data import Row
from training.engine.device import choose_device
from training.engine.survey import Describer

_AT_ONCE = 512


def vectors(source: Source, tick: Callable[[float], None]) -> Floats:
    """(turns, D) float32 of unit length, mapped from a file. Equal texts are read once."""
    base = sha256(str(settings.BASE_MODEL).encode()).hexdigest()[:12]
    path = source.folder / f"vectors-{base}.npy"
    if not path.exists():
        _compute(source, path, tick)
    found: Floats = np.load(path, mmap_mode="r")
    return found


def _compute(source: Source, path: Path, tick: Callable[[float], None]) -> None:
    places, first = _distinct(source)
    draft = path.with_name(f".{uuid4().hex}-{path.name}")
    describer = Describer(settings.BASE_MODEL, device=choose_device("auto"))
    texts = (one.text for number, one in enumerate(source.turns()) if places[number] >= 0)
    known: list[Floats] = []
    done = 0
    while chunk := list(islice(texts, _AT_ONCE)):
        known.append(describer.vectors([Row(id="", payload={"text": text}) for text in chunk]))
        done += len(chunk)
        tick(done / max(1, len(np.unique(first))))
    whole = np.concatenate(known) if known else np.zeros((0, 1), dtype=np.float32)
    with draft.open("wb") as stream:
        np.save(stream, whole[places[first]] if len(first) else whole)
    os.replace(draft, path)


def _distinct(source: Source) -> tuple[np.ndarray, np.ndarray]:
    """(turns,) the row among distinct texts where this turn is the first with its text, else -1; and (turns,)
    the number of the first turn that says the same."""
    seen: dict[bytes, int] = {}
    first = np.array(
        [
            seen.setdefault(sha256(one.text.encode()).digest()[:16], number)
            for number, one in enumerate(source.turns())
        ],
        dtype=np.int64,
    )
    is_first = first == np.arange(len(first))
    return np.where(is_first, np.cumsum(is_first) - 1, -1), first
