"""A run on several GPUs: started through `accelerate launch`, ended as one, and its exit code found out."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import FrameType

import torch

from training.engine.config import FitConfig
from training.engine.orphans import die_with_parent

_LOOK_SECONDS, _GRACE_SECONDS = 0.2, 0.5
_TAIL_BYTES = 1 << 16
_LAST_STATES = ("succeeded", "failed", "cancelled")


def processes_for(config: FitConfig) -> int:
    """How many processes a run wants: what it says, or one for each GPU that can be seen."""
    if config.is_private:
        return 1
    if config.processes or config.device not in ("auto", "cuda"):
        return max(1, config.processes)
    return max(1, torch.cuda.device_count())


def launch(run_dir: Path, processes: int, *, verbose: bool, cache: Path | None) -> str:
    """Train with several processes; the last state that the run has told, "" when it was killed.

    SIGTERM and Ctrl-C are handed on. Ends all when one is killed.
    """
    journal = run_dir / "metrics.jsonl"
    began = journal.stat().st_size if journal.exists() else 0
    command = [
        sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_machines", "1",
        "--num_processes", str(processes), "--main_process_port", "0", "--mixed_precision", "no",
        "--dynamo_backend", "no", "-m", "training.engine", "fit", str(run_dir),
        *(["--verbose"] if verbose else []), *(["--cache", str(cache)] if cache else []),
    ]  # fmt: skip
    ends_with_us = partial(die_with_parent, signal.SIGKILL, parent=os.getpid())
    process = subprocess.Popen(command, preexec_fn=ends_with_us)  # noqa: S603 - our own program
    with _handing_on(process):
        return _follow(process, journal, began)


def _follow(process: subprocess.Popen[bytes], journal: Path, began: int) -> str:
    """Wait for the end. Once the leader has said its last word the others have only moments left."""
    deadline = float("inf")
    while process.poll() is None:
        time.sleep(_LOOK_SECONDS)
        if deadline == float("inf") and _last_state(journal, began):
            deadline = time.monotonic() + _GRACE_SECONDS
        if time.monotonic() > deadline:
            process.kill()  # and with it all that it started
    return _last_state(journal, began)


def _last_state(journal: Path, began: int) -> str:
    if not journal.exists():
        return ""
    with journal.open("rb") as stream:
        stream.seek(max(began, journal.stat().st_size - _TAIL_BYTES))
        last = stream.read().rstrip(b"\n").rpartition(b"\n")[2]
    with contextlib.suppress(ValueError):  # half written: there is more to come
        state = json.loads(last).get("state")
        return str(state) if state in _LAST_STATES else ""
    return ""


@contextlib.contextmanager
def _handing_on(process: subprocess.Popen[bytes]) -> Iterator[None]:
    def hand_on(number: int, _frame: FrameType | None) -> None:
        process.send_signal(signal.SIGTERM)

    before = {number: signal.signal(number, hand_on) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
