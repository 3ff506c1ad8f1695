"""A progress display that needs nothing installed; plain lines where there is no terminal."""

import shutil
import threading
import time
from typing import TextIO

BAR = 24
TICK_SECONDS = 0.5
LINES_PER_STAGE = 10


class Progress:
    """Stages one after the other, each with steps: `begin`, `step`..., `begin`, ..., `finish`."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._title = ""
        self._what = ""
        self._done = self._total = 0
        self._started = time.monotonic()
        self._ticker: threading.Timer | None = None
        self._lock = threading.Lock()

    def begin(self, title: str, total: int = 0) -> None:
        self.end()
        self._title, self._total, self._done, self._what = title, total, 0, ""
        self._started = time.monotonic()
        if self._live:
            self._tick()
        else:
            self._line(f"{title} ...")

    def step(self, what: str) -> None:
        """One more of `total` is at hand."""
        self._done += 1
        self._what = what
        every = max(1, self._total // LINES_PER_STAGE)
        if not self._live and self._total and self._done % every == 0:
            self._line(f"  {min(self._done, self._total)}/{self._total} {what} ({self._elapsed()})")

    def note(self, what: str) -> None:
        """What is going on now, when it may take long."""
        self._what = what
        if not self._live and not self._total:
            self._line(f"  {what} ({self._elapsed()})")

    def end(self) -> None:
        """Finish the stage's line."""
        if self._ticker is not None:
            self._ticker.cancel()
            self._ticker = None
            self._draw()
            self._stream.write("\n")
            self._stream.flush()

    def finish(self, text: str) -> None:
        self.end()
        self._line(text)

    def _tick(self) -> None:
        self._draw()
        self._ticker = threading.Timer(TICK_SECONDS, self._tick)
        self._ticker.daemon = True
        self._ticker.start()

    def _draw(self) -> None:
        bar = ""
        if self._total:
            done = min(self._done, self._total)
            filled = BAR * done // self._total
            bar = f" [{'#' * filled}{'-' * (BAR - filled)}] {done}/{self._total}"
        text = f"{self._title}{bar} {self._what} {self._elapsed()}"
        with self._lock:
            self._stream.write(f"\r\x1b[K{text[: shutil.get_terminal_size().columns - 1]}")
            self._stream.flush()

    def _elapsed(self) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self._started), 60)
        return f"{minutes}:{seconds:02d}"

    def _line(self, text: str) -> None:
        self._stream.write(f"{text}\n")
        self._stream.flush()
