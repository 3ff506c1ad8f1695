"""The models that this process has in memory, and the line in front of each of them.

The last few used stay, as long as they fit the memory that is set aside for them; loading one never blocks
the others. Requests for one model that come at the same moment are answered together (`micro_batching`).
"""

import importlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from django.conf import settings

from training.micro_batching import MicroBatcher, Pass
from training.models import ModelVersion

Payload = Mapping[str, Any]
Place = TypeVar("Place", bound=Hashable)
_MOST_LINES = 200


class Answer(Protocol):
    value: Any
    confidence: float
    detail: dict[str, Any]


class Predictor(Protocol):
    memory_bytes: int

    def predict(self, payloads: Sequence[Payload], *, seconds: dict[str, float]) -> Sequence[Answer]: ...


class _Loaded:
    """A predictor, once it is there, and the lock under which it is loaded."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.predictor: Predictor | None = None


class PredictorCache(Generic[Place]):
    """Least recently used out first. Two requests for one absent model load it once.

    capacity: models at most. budget: their bytes at most; the one that is asked for stays in any case.
    """

    def __init__(self, load: Callable[[Place], Predictor], *, capacity: int, budget: int) -> None:
        self._load = load
        self._capacity, self._budget = capacity, budget
        self._places: OrderedDict[Place, _Loaded] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, place: Place) -> Predictor:
        with self._lock:
            entry = self._places.setdefault(place, _Loaded())
            self._places.move_to_end(place)
        if (known := entry.predictor) is not None:
            return known
        with entry.lock:
            if entry.predictor is None:
                entry.predictor = self._load(place)
                self._make_room(place)
        return entry.predictor

    def _make_room(self, kept: Place) -> None:
        with self._lock:
            held = {
                place: entry.predictor.memory_bytes
                for place, entry in self._places.items()
                if entry.predictor is not None
            }
            for place in [place for place in held if place != kept]:
                if len(held) <= self._capacity and sum(held.values()) <= self._budget:
                    return
                del held[place], self._places[place]


@dataclass(frozen=True, slots=True)
class Source:
    """A model's folder, and when its runtime was chosen: after another choice it is loaded anew."""

    folder: Path
    chosen_at: int

    @classmethod
    def of(cls, version: ModelVersion) -> "Source":
        try:
            chosen_at = (version.folder / "runtime" / "choice.json").stat().st_mtime_ns
        except OSError:
            chosen_at = 0
        return cls(version.folder, chosen_at)


def _load(source: Source) -> Predictor:
    # torch takes seconds and hundreds of megabytes: a web process pays for it at its first prediction.
    engine = importlib.import_module("training.engine.runtimes")
    predictor: Predictor = engine.load(source.folder, threads=settings.SERVING_THREADS)
    return predictor


cache: PredictorCache[Source] = PredictorCache(
    _load, capacity=settings.SERVED_MODELS, budget=settings.SERVED_MODELS_MB * 2**20
)

Question = tuple[Predictor, Payload]
Line = MicroBatcher[Question, Answer]


def _compute(questions: Sequence[Question]) -> Pass[Answer]:
    """One pass for each version among the questions: nearly always one."""
    seconds: dict[str, float] = {}
    answers: dict[int, Answer] = {}
    for predictor in dict.fromkeys(predictor for predictor, _ in questions):
        asked = [n for n, question in enumerate(questions) if question[0] is predictor]
        found = predictor.predict([questions[n][1] for n in asked], seconds=seconds)
        answers.update(zip(asked, found, strict=True))
    return Pass([answers[n] for n in range(len(questions))], seconds)


class Lines:
    """One line for each model's name. Those that nobody has stood in for long are forgotten."""

    def __init__(self) -> None:
        self._lines: OrderedDict[str, Line] = OrderedDict()
        self._lock = threading.Lock()

    def at(self, name: str) -> Line:
        with self._lock:
            line = self._lines.setdefault(name, MicroBatcher(_compute))
            self._lines.move_to_end(name)
            if len(self._lines) > _MOST_LINES:
                self._lines.popitem(last=False)
            return line


lines = Lines()


def coming(name: str) -> AbstractContextManager[None]:
    """Around a request that is going to ask the model `name`: those who ask it now may wait for this one."""
    return lines.at(name).coming()


def answers_of(version: ModelVersion, payloads: Sequence[Payload]) -> Pass[Answer]:
    """One answer per payload, in order; offsets are those of the payload's own text.

    Raises Overloaded when too many wait already, EngineError for a model or a payload that is none.
    """
    began = time.monotonic()
    predictor = cache.get(Source.of(version))
    loaded = time.monotonic() - began
    found = lines.at(version.model.name).ask([(predictor, payload) for payload in payloads])
    return Pass(found.answers, {"load": loaded, **found.seconds}, found.together)


def answers_in_background(version: ModelVersion, payloads: Sequence[Payload]) -> Sequence[Answer]:
    """The same for a worker, which has nobody to share a pass with."""
    return cache.get(Source.of(version)).predict(payloads, seconds={}) if payloads else []
