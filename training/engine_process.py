"""The engine as a child process: a clean environment, and never an orphan beside its successor."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from django.conf import settings

from training import devices
from training.engine.orphans import die_with_parent

# What a training process may know of its surroundings: where programs, caches and GPUs are; no secrets.
_PASSED = (
    "PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "HF_HOME", "HF_HUB_OFFLINE",
    "TRANSFORMERS_OFFLINE", "HF_HUB_CACHE", "CUDA_VISIBLE_DEVICES", "CUDA_HOME", "NVIDIA_VISIBLE_DEVICES",
    "OMP_NUM_THREADS", "MKL_NUM_THREADS", "PYTORCH_CUDA_ALLOC_CONF",
)  # fmt: skip
CANCEL_FILE, LOCK_FILE, LOG_FILE = "cancel", "lock", "engine.log"
TERMINATE_AFTER, KILL_AFTER = 1.0, 2.0  # seconds of grace for each way of asking


def start(arguments: list[str], *, log: Path) -> subprocess.Popen[bytes]:
    """Start `python -m training.engine ARGUMENTS`; what it prints goes to `log`."""
    with log.open("ab") as stream:
        return subprocess.Popen(  # noqa: S603 - our own program with our own arguments
            [sys.executable, "-m", "training.engine", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=_environment(),
            pass_fds=devices.held_locks(),
            # An engine that does not hear is kept out by the lock in the run folder.
            preexec_fn=partial(die_with_parent, signal.SIGTERM, parent=os.getpid()),
        )


def fit(folder: Path) -> subprocess.Popen[bytes]:
    """Train in `folder`; what is tokenized for one run on a snapshot serves the next ones too."""
    tokens = settings.ARTIFACTS_DIR / "tokens"
    return start(["fit", str(folder), "--cache", str(tokens)], log=folder / LOG_FILE)


def evaluate(
    model: Path, data: Path, out: Path, *, log: Path, seconds: float, outcomes: Path | None = None
) -> bool:
    """Write the classification report of `model` on `data` to `out`; False if it failed or was too slow.

    outcomes: where to write what came of each row (engine.evaluation.outcomes).
    """
    asked = ["--outcomes", str(outcomes)] if outcomes else []
    process = start(["evaluate", str(model), str(data), "--out", str(out), *asked], log=log)
    try:
        return process.wait(timeout=seconds) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        end(process)


def stop(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Ask by file, then SIGTERM, then SIGKILL; returns when the process is gone (3 s at the most)."""
    (folder / CANCEL_FILE).touch()
    if not _gone_within(process, TERMINATE_AFTER):
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM, then SIGKILL; does nothing when it has ended by itself."""
    if process.poll() is None:
        process.terminate()
    if not _gone_within(process, KILL_AFTER):
        process.kill()
        process.wait()


def wait_until_free(folder: Path, *, seconds: float, tick: Callable[[], None]) -> bool:
    """Wait for an engine that still works in `folder` (its worker is dead or has given up) to stop.

    Asks it by file every time. `tick` is called every second or so and may raise.
    """
    deadline = time.monotonic() + seconds
    while _is_locked(folder):
        if time.monotonic() > deadline:
            return False
        (folder / CANCEL_FILE).touch()
        time.sleep(0.5)
        tick()
    (folder / CANCEL_FILE).unlink(missing_ok=True)
    return True


def _is_locked(folder: Path) -> bool:
    with (folder / LOCK_FILE).open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def _gone_within(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _environment() -> dict[str, str]:
    passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
    return {
        **passed,
        "PYTHONPATH": str(settings.BASE_DIR),
        "PYTHONUNBUFFERED": "1",
        "HF_HUB_OFFLINE": passed.get("HF_HUB_OFFLINE", "1"),
        "TOKENIZERS_PARALLELISM": "false",
    }
