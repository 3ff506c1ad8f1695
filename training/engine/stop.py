"""Being asked to stop: SIGTERM, Ctrl-C, or a file named `cancel` in the run folder."""

import signal
import threading
from pathlib import Path
from types import FrameType

from training.engine.errors import Cancelled


class StopSignal:
    """Answers whether the run was asked to stop; cheap enough for every step."""

    def __init__(self, run_dir: Path) -> None:
        self._file = run_dir / "cancel"
        self._asked = False

    def listen(self) -> None:
        """Take SIGTERM and SIGINT as a request; only the main thread of a process may do so."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self._ask)
            signal.signal(signal.SIGINT, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True

    def __call__(self) -> bool:
        return self._asked or self._file.exists()

    def check(self) -> None:
        """Raise Cancelled when asked to stop."""
        if self():
            raise Cancelled


class Deaf(StopSignal):
    """A process that follows stops when its leader says so, and not by itself."""

    def __call__(self) -> bool:
        return False
