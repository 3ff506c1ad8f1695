"""The models that this process has in memory. The last few used stay; loading one never blocks the others."""

import importlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from training.models import ModelVersion

LOADED_MODELS = 3


class Answer(Protocol):
    value: Any
    confidence: float
    detail: dict[str, Any]


class Predictor(Protocol):
    def predict(self, payloads: Sequence[Mapping[str, Any]]) -> Sequence[Answer]: ...


class Loaded:
    """A predictor and the lock under which it is loaded; the engine's own forward passes take turns."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.predictor: Predictor | None = None


class PredictorCache:
    """Least recently used out first. Two requests for one absent model load it once."""

    def __init__(self, load: Callable[[Path], Predictor], *, capacity: int = LOADED_MODELS) -> None:
        self._load = load
        self._capacity = capacity
        self._entries: OrderedDict[Path, Loaded] = OrderedDict()
        self._lock = threading.Lock()

    def predict(self, folder: Path, payloads: Sequence[Mapping[str, Any]]) -> Sequence[Answer]:
        entry = self._entry(folder)
        with entry.lock:
            if entry.predictor is None:
                entry.predictor = self._load(folder)
        return entry.predictor.predict(payloads)

    def _entry(self, folder: Path) -> Loaded:
        with self._lock:
            entry = self._entries.setdefault(folder, Loaded())
            self._entries.move_to_end(folder)
            while len(self._entries) > self._capacity:
                self._entries.popitem(last=False)
            return entry


def _load(folder: Path) -> Predictor:
    # torch takes seconds and hundreds of megabytes: a web process pays for it at its first prediction.
    engine = importlib.import_module("training.engine.artifact")
    predictor: Predictor = engine.load(folder)
    return predictor


cache = PredictorCache(_load)


def answers_of(version: ModelVersion, payloads: Sequence[Mapping[str, Any]]) -> Sequence[Answer]:
    """One answer per payload, in order; offsets are those of the payload's own text."""
    return cache.predict(version.folder, payloads)
