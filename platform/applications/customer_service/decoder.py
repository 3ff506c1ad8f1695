"""The decoder that the site has chosen (ANSWER_DECODER), in each process that answers questions."""

import importlib
import logging
import threading
import time
from collections.abc import Sequence
from typing import Protocol, cast

from django.conf import settings

from training.base_models import is_allowed
from training.engine.errors import EngineError

logger = logging.getLogger(__name__)
MOST_TOKENS = 200
_REST = 300.0  # seconds after a failure


class Writer(Protocol):
    def write(
        self, question: str, known: Sequence[tuple[str, str]], *, most_tokens: int, most_seconds: float
    ) -> str: ...


class Decoder:
    """Loaded by a thread of its own when the first reply is asked for, so that nobody waits longer than they
    want to; one reply is written at a time. One that cannot be loaded is left alone for a while."""

    def __init__(self) -> None:
        self._guard, self._turn = threading.Lock(), threading.Lock()
        self._name = ""
        self._loading: threading.Thread | None = None
        self._writer: Writer | None = None
        self._failed_at = 0.0

    def write(self, name: str, question: str, known: Sequence[tuple[str, str]], *, deadline: float) -> str:
        """ "" where nothing came of it by the deadline, in seconds of time.monotonic()."""
        writer = self._get(name, deadline)
        if writer is None or not self._turn.acquire(timeout=_left(deadline)):
            return ""
        try:
            return writer.write(question, known, most_tokens=MOST_TOKENS, most_seconds=_left(deadline))
        # A model of anybody's may fail in any way; the approved answer is there all the same.
        except Exception:
            logger.warning("ANSWER_DECODER cannot write", exc_info=True)
            return ""
        finally:
            self._turn.release()

    def _get(self, name: str, deadline: float) -> Writer | None:
        with self._guard:
            if name != self._name:
                self._name, self._writer, self._loading, self._failed_at = name, None, None, 0.0
            if self._writer is not None:
                return self._writer
            if self._failed_at and time.monotonic() - self._failed_at < _REST:
                return None
            if self._loading is None:
                self._loading = threading.Thread(target=self._load, args=(name,), daemon=True)
                self._loading.start()
            loading = self._loading
        loading.join(_left(deadline))
        with self._guard:
            return self._writer if name == self._name else None

    def _load(self, name: str) -> None:
        writer: Writer | None = None
        try:
            writer = load(name)
        except Exception:
            logger.warning("ANSWER_DECODER cannot be loaded", exc_info=True)
        with self._guard:
            if name == self._name:
                self._writer, self._loading = writer, None
                self._failed_at = 0.0 if writer is not None else time.monotonic()


def load(name: str) -> Writer:
    """Raises EngineError for a folder that was not set aside for base models, and for what cannot write."""
    if not is_allowed(name):
        raise EngineError("ANSWER_DECODER is a folder outside of BASE_MODELS_DIRS.")
    # torch takes seconds and hundreds of megabytes: a process pays for it when it is first needed.
    engine = importlib.import_module("training.engine.rephrasing")
    return cast(Writer, engine.Rephraser(name, threads=settings.SERVING_THREADS))


def _left(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())


decoder = Decoder()
