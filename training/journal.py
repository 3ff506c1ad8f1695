"""Reads the engine's metrics.jsonl as it grows. Knows no database."""

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

POINT_KINDS = ("step", "eval")
LOG_LINES = 400
_ABOUT_EVENT = {"event", "time", "step"}


@dataclass(frozen=True, slots=True)
class Point:
    kind: str
    step: int
    values: dict[str, Any]


@dataclass
class Journal:
    """What the engine has said so far; `read` takes in what is new since the last call.

    Starting anew at the beginning of the file gives the same: a step said twice keeps its last figures.
    """

    path: Path
    offset: int = 0
    progress: float = 0.0
    seconds_left: float | None = None
    device: str = ""
    reason: str = ""
    points: dict[tuple[str, int], Point] = field(default_factory=dict)
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=LOG_LINES))

    def read(self) -> None:
        for event in self._new_events():
            self._take(event)

    def take_points(self, count: int = 500) -> list[Point]:
        """Points that were not taken yet; give them back with `give_back` if they could not be stored."""
        keys = list(self.points)[:count]
        return [self.points.pop(key) for key in keys]

    def give_back(self, points: list[Point]) -> None:
        for point in points:
            self.points.setdefault((point.kind, point.step), point)

    @property
    def log(self) -> str:
        return "\n".join(self.lines)

    def _new_events(self) -> Iterator[dict[str, Any]]:
        if not self.path.exists():
            return
        with self.path.open("rb") as stream:
            stream.seek(self.offset)
            content = stream.read()
        whole = content[: content.rfind(b"\n") + 1]  # the last line may be half written
        self.offset += len(whole)
        for line in whole.splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                continue  # torn by a kill; the engine says it again after resuming
            if isinstance(event, dict):
                yield event

    def _take(self, event: dict[str, Any]) -> None:
        kind = event.get("event")
        self.device = str(event.get("device") or self.device)
        if kind == "state":
            self.reason = str(event.get("reason") or "")
        if kind == "step":
            # What is left after the last step is evaluating and saving.
            self.progress = min(0.99, max(0.0, float(event.get("progress") or 0.0)))
            self.seconds_left = event.get("seconds_left")
        if kind in POINT_KINDS:
            values = {name: value for name, value in event.items() if name not in _ABOUT_EVENT}
            step = int(event.get("step") or 0)
            self.points[kind, step] = Point(kind, step, values)
        if kind != "step":
            self.lines.append(_line(event))


def _line(event: dict[str, Any]) -> str:
    at = datetime.fromtimestamp(float(event.get("time") or 0), UTC).strftime("%H:%M:%S")
    kind = event.get("event")
    rest: dict[str, Any]
    if kind == "log":
        said = f"{event.get('level', 'info')}: {event.get('message', '')}"
        rest = {key: event[key] for key in ("step", "seconds") if key in event}
    elif kind == "eval":
        epoch = int(event.get("epoch") or 0) + 1
        said = f"epoch {epoch}: {event.get('metric')} {_short(event.get('value'))} on dev"
        rest = {key: event[key] for key in ("loss", "best") if key in event}
    else:
        said = str(event.get("state") or kind)
        rest = {
            k: v for k, v in event.items() if k not in {"event", "time", "state"} and not isinstance(v, dict)
        }
    return " ".join([at, said, *(f"{key}={_short(value)}" for key, value in rest.items())])


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
