"""metrics.jsonl: one JSON object a line, each appended whole."""

import json
import math
import time
from pathlib import Path
from typing import Any, Literal

Kind = Literal["state", "step", "eval", "log"]


class Journal:
    """Appends events. After a kill the half-written last line, if any, is taken back first.

    A resumed run repeats the steps since its checkpoint under the same step numbers: readers keep the last.
    """

    def __init__(self, path: Path, *, verbose: bool = False) -> None:
        self._verbose = verbose
        _drop_half_line(path)
        self._stream = path.open("ab", buffering=0)

    def write(self, event: Kind, **figures: Any) -> None:
        record = {"event": event, "time": round(time.time(), 3), **figures}
        line = json.dumps(_finite(record), ensure_ascii=False, allow_nan=False)
        self._stream.write(line.encode() + b"\n")
        if self._verbose:
            print(line, flush=True)  # noqa: T201

    def close(self) -> None:
        self._stream.close()


class Silence(Journal):
    """The journal of a process that follows: what it has to say its leader says."""

    def __init__(self) -> None:
        pass

    def write(self, event: Kind, **figures: Any) -> None:
        pass

    def close(self) -> None:
        pass


def _drop_half_line(path: Path) -> None:
    if not path.exists():
        return
    with path.open("rb+") as stream:
        content = stream.read()
        stream.truncate(content.rfind(b"\n") + 1)


def _finite(value: Any) -> Any:
    """JSON knows no infinity: figures that are none become null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list) else value
