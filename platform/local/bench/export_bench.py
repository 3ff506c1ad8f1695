"""Every format of an export over HTTP, everybody's answers included; and how others fare meanwhile."""

import http.client
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from local.bench.command import Settings
from local.bench.stack import Stack, stack
from local.entry import ROOT
from local.errors import LocalError

ITEMS = 5_000
FORMATS = ("jsonl", "csv", "conll", "label-studio", "hf")
_PIECE = 1 << 16


@dataclass(frozen=True)
class Download:
    seconds: float
    first_byte_ms: float
    size: int


@dataclass
class Watched:
    """What was seen beside a download: memory of the web server's processes, answers to somebody else."""

    before_mb: float
    peak_mb: float = 0.0
    others_ms: list[float] = field(default_factory=list)


def run(settings: Settings) -> dict[str, Any]:
    """`{"settings", "figures"}`: seconds and the like of JSON Lines, then of each format by its name."""
    items = settings.items or ITEMS
    with (
        tempfile.TemporaryDirectory(prefix="manyhands-bench-") as folder,
        stack(Path(folder), workers=False) as site,
    ):
        made = _answered(site, items)
        url = f"/api/v1/projects/{made['project']}/export?which=all&format="
        _download(site, f"{url}jsonl", made["token"], most=_PIECE)  # the first request loads the code
        with _watched(site) as watched:
            found = {name: _download(site, url + name, made["token"]) for name in FORMATS}
    return {
        "settings": {"items": items, "which": "all"},
        "figures": _figures(found, watched, int(made["answers"])),
    }


def _figures(found: dict[str, Download], watched: Watched, answers: int) -> dict[str, float]:
    others = sorted(watched.others_ms)
    figures: dict[str, float] = {
        "seconds": found["jsonl"].seconds,
        "answers": answers,
        "first_byte_ms": found["jsonl"].first_byte_ms,
        "peak_mb": round(watched.peak_mb, 1),
        "grown_mb": round(watched.peak_mb - watched.before_mb, 1),
        "others_p95_ms": round(others[int(0.95 * (len(others) - 1))], 1),
    }
    for name, download in found.items():
        key = name.replace("-", "_")
        figures[f"{key}_seconds"] = download.seconds
        figures[f"{key}_first_byte_ms"] = download.first_byte_ms
        figures[f"{key}_mb"] = round(download.size / 2**20, 1)
    return figures


def _answered(site: Stack, items: int) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "local.bench.answered", str(items)],
        env={**site.environ}, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise LocalError(f"The project for the export could not be made:\n{done.stderr[-2000:]}")
    made: dict[str, str] = json.loads(done.stdout)
    return made


def _download(site: Stack, path: str, token: str, *, most: int | None = None) -> Download:
    parts = urlsplit(site.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=600)
    headers = {"Authorization": f"Token {token}", "Accept-Encoding": "gzip"}  # as a browser says
    began = time.perf_counter()
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    if response.status != 200:
        raise LocalError(f"{path} answered {response.status}: {response.read(500)!r}")
    size = len(response.read(1))
    first = time.perf_counter() - began
    while (most is None or size < most) and (piece := response.read(_PIECE)):
        size += len(piece)
    seconds = time.perf_counter() - began
    connection.close()
    return Download(round(seconds, 2), round(first * 1000, 1), size)


@contextmanager
def _watched(site: Stack) -> Iterator[Watched]:
    over = threading.Event()
    servers = [process for process in psutil.Process().children(recursive=True) if "python" in process.name()]
    watched = Watched(before_mb=_largest_mb(servers))

    def watch() -> None:
        while not over.wait(0.05):
            watched.peak_mb = max(watched.peak_mb, _largest_mb(servers))
            began = time.perf_counter()
            _download(site, "/healthz", "")
            watched.others_ms.append((time.perf_counter() - began) * 1000)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield watched
    finally:
        over.set()
        thread.join()


def _largest_mb(processes: list[psutil.Process]) -> float:
    return max(float(process.memory_info().rss) for process in processes) / 2**20
