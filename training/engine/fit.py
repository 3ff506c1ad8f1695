"""One training run in a folder: who may train there, and how it ended."""

import fcntl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from training.engine import device
from training.engine.config import ENGINE_VERSION, FitConfig
from training.engine.errors import Busy, Cancelled, EngineError
from training.engine.events import Journal, Silence
from training.engine.launch import launch, processes_for
from training.engine.run import Run
from training.engine.stop import Deaf, StopSignal
from training.engine.team import Team, leave, team_of_environment
from training.engine.token_cache import TokenCache

SUCCEEDED, FAILED, CANCELLED, BUSY, LOST = 0, 1, 3, 4, 5  # exit codes
_CODES = {"succeeded": SUCCEEDED, "failed": FAILED, "cancelled": CANCELLED}


def fit(run_dir: Path, *, verbose: bool = False, cache: Path | None = None) -> int:
    """Train in RUN_DIR and return the exit code: 0 done, 1 failed, 3 cancelled, 4 another process is at it,
    5 one of several processes was killed, and all with it.

    cache: a folder for tokenized data, which many runs may share.
    Started again after a kill or a cancel it goes on from the last checkpoint; after success it does nothing.
    """
    if not run_dir.is_dir():
        print(f"The run folder {run_dir} does not exist.", file=sys.stderr)  # noqa: T201
        return FAILED
    team = team_of_environment()
    if not team.leads:
        code = _fit_and_say(run_dir, Silence(), Deaf(run_dir), team, cache)
        return SUCCEEDED if code == CANCELLED else code
    if team.size == 1 and (processes := _wanted_processes(run_dir)) > 1:
        return _CODES.get(launch(run_dir, processes, verbose=verbose, cache=cache), LOST)
    try:
        with _sole_owner(run_dir):
            journal = Journal(run_dir / "metrics.jsonl", verbose=verbose)
            try:
                return _fit_and_say(run_dir, journal, StopSignal(run_dir), team, cache)
            finally:
                journal.close()
    except Busy:
        print(f"Another process is training in {run_dir}.", file=sys.stderr)  # noqa: T201
        return BUSY


def _wanted_processes(run_dir: Path) -> int:
    try:
        return processes_for(FitConfig.read(run_dir / "config.json"))
    except EngineError:
        return 1  # the run itself will say what is wrong with it


def _fit_and_say(
    run_dir: Path, journal: Journal, stop: StopSignal, team: Team, cache: Path | None
) -> int:  # fmt: skip
    stop.listen()
    try:
        journal.write("state", state="starting", engine=ENGINE_VERSION)
        Run(run_dir, journal, stop, team, TokenCache(cache)).go()
    except Cancelled:
        journal.write(
            "state", state="cancelled", reason="Asked to stop; start again to go on from the checkpoint."
        )
        return CANCELLED
    except EngineError as error:
        return _fail(journal, str(error))
    except Exception as error:  # the outermost edge: whatever it is, the platform must learn why
        logs = import_module("privacy.pii.logs")  # loads the detectors, which only a failure needs
        print(logs.traceback_of(error), file=sys.stderr)  # noqa: T201
        if device.is_out_of_memory(error):
            return _fail(
                journal, "Out of memory while loading; use a smaller base model or a larger machine."
            )
        return _fail(journal, " ".join(logs.message_of(error).split()))
    finally:
        leave()
    journal.write("state", state="succeeded", progress=1.0)
    return SUCCEEDED


def _fail(journal: Journal, reason: str) -> int:
    journal.write("state", state="failed", reason=reason)
    print(reason, file=sys.stderr)  # noqa: T201
    return FAILED


@contextmanager
def _sole_owner(run_dir: Path) -> Iterator[None]:
    """Hold RUN_DIR/lock, so that a worker restarted too early cannot train into the same folder."""
    with (run_dir / "lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy from None
        yield
