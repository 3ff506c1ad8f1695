"""The engine as a child process: a clean environment, and never an orphan beside its successor."""

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from training import devices

_PR_SET_PDEATHSIG = 1
# Loaded here, not in the child: between fork and exec only async-signal-safe work is allowed.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
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
            preexec_fn=_ends_with_parent(),
        )


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


def _ends_with_parent() -> Callable[[], None]:
    """Have the kernel ask the child to stop when the worker dies, even by `kill -9` (Linux only).

    Elsewhere, and for an engine that does not hear, the lock in the run folder keeps a second one out.
    """
    parent = os.getpid()

    def arm() -> None:
        if _libc is None:
            return
        _libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
        if os.getppid() != parent:  # the worker died between fork and prctl: no signal will come any more
            os._exit(1)

    return arm
