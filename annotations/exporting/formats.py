from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from annotations.exporting import conll, hugging_face, jsonl, label_studio, tabular
from annotations.exporting.rows import Export


@dataclass(frozen=True)
class Format:
    write: Callable[[Export], Iterable[str | bytes]]
    content_type: str
    suffix: str


_PACKET = 65_536

FORMATS: dict[str, Format] = {
    "jsonl": Format(jsonl.write, "application/x-ndjson", "jsonl"),
    "csv": Format(tabular.write, "text/csv; charset=utf-8", "csv"),
    "conll": Format(conll.write, "text/plain; charset=utf-8", "conll"),
    "label-studio": Format(label_studio.write, "application/json", "json"),
    "hf": Format(hugging_face.write, "application/zip", "zip"),
}


def chunks(export: Export, name: str) -> Iterator[bytes]:
    """The export's bytes, piece by piece. Raises CannotExport before the first one."""
    return _encoded(FORMATS[name].write(export))


def _encoded(parts: Iterable[str | bytes]) -> Iterator[bytes]:
    """Small lines are put together: a network packet per line would make a large export slow. The first goes
    at once, so that a browser shows the download and a proxy does not give up."""
    waiting: list[bytes] = []
    size = _PACKET
    for part in parts:
        waiting.append(part.encode() if isinstance(part, str) else part)
        size += len(waiting[-1])
        if size >= _PACKET:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)
