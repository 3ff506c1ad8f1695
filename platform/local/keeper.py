"""The small process that keeps one server running for as long as anybody holds it.

`python -m local.keeper NAME DATA_DIR [scratch]`. Every process that uses the server holds a shared lock
on a file (see `services`). Locks end with their holders, even under `kill -9`, so the keeper sees when the
last one has gone, stops the server cleanly and ends. The server in turn ends with the keeper.
"""

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from local.data_dir import DataDir, explain_os_error
from local.errors import LocalError
from local.locks import FileLock
from local.parent_death import dies_with_parent
from local.postgres import Postgres, explain_log
from local.redis_server import Redis

Server = Postgres | Redis
POLL_SECONDS = 0.2
STOP_SECONDS = 60.0
TRIES = 3
WAKE_SIGNALS = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT}


@dataclass(frozen=True)
class LockFiles:
    """`start` guards start and stop, `users` is held shared by each user, `keeper` by the keeper."""

    start: Path
    users: Path
    keeper: Path
    error: Path

    @classmethod
    def of(cls, server: Server) -> "LockFiles":
        return cls(
            *(server.home.run / f"{server.name}.{part}" for part in ("start", "users", "keeper", "error"))
        )


def server_named(name: str, home: DataDir, *, durable: bool) -> Server:
    return Postgres(home, durable) if name == "postgres" else Redis(home, durable)


def main(arguments: list[str]) -> int:
    name, folder, *scratch = arguments
    server = server_named(name, DataDir(Path(folder)), durable=not scratch)
    files = LockFiles.of(server)
    alive = FileLock(files.keeper)
    if not alive.take(wait=False):
        return 0  # another one is quicker
    try:
        server.prepare()
        signal.pthread_sigmask(signal.SIG_BLOCK, WAKE_SIGNALS)
        keep(server, files)
    except LocalError as error:
        files.error.write_text(str(error), encoding="utf-8")
        return 1
    except OSError as error:
        files.error.write_text(explain_os_error(error, server.home.root), encoding="utf-8")
        return 1
    if scratch:
        shutil.rmtree(server.folder, ignore_errors=True)
    return 0


def keep(server: Server, files: LockFiles) -> None:
    """Run the server, again when it crashes, until nobody holds it or we are told to stop."""
    log_path = server.home.logs / f"{server.name}.log"
    with log_path.open("ab", buffering=0) as log:
        crashes = 0
        while True:
            log_start = log_path.stat().st_size
            started = time.monotonic()
            child = start(server, log)
            if watch(server, child, files):
                return
            crashes = 1 if time.monotonic() - started > STOP_SECONDS else crashes + 1
            if crashes >= TRIES:
                said = log_path.read_bytes()[log_start:].decode(errors="replace")
                raise LocalError(explain_log(f"The embedded {server.name} server stops at once", said))
            signal.sigtimedwait({signal.SIGTERM}, crashes * POLL_SECONDS)


def start(server: Server, log: IO[bytes]) -> subprocess.Popen[bytes]:
    account = server.account()
    return subprocess.Popen(
        server.command(),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd=server.folder,
        preexec_fn=_in_child(server.stop_signal),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def _in_child(stop_signal: signal.Signals) -> Callable[[], None]:
    arm = dies_with_parent(stop_signal)

    def prepare_child() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, WAKE_SIGNALS)
        arm()

    return prepare_child


def watch(server: Server, child: subprocess.Popen[bytes], files: LockFiles) -> bool:
    """True after a clean stop, False when the server has ended by itself."""
    while True:
        woken = signal.sigtimedwait(WAKE_SIGNALS, POLL_SECONDS)
        told = woken is not None and woken.si_signo != signal.SIGCHLD
        if child.poll() is not None:
            return False
        with unused(files) as nobody:
            if nobody or told:
                stop(child, server.stop_signal)
                return True


@contextmanager
def unused(files: LockFiles) -> Iterator[bool]:
    """Whether nobody uses the server; while the block runs, nobody can begin to."""
    starting, users = FileLock(files.start), FileLock(files.users)
    try:
        # Never wait here: who holds `start` is about to become a user and waits for us.
        nobody = starting.take(wait=False) and users.take(wait=False)
        if nobody:
            users.release()  # a user that leaves tells by this lock whether others stay
        yield nobody
    finally:
        users.close()
        starting.close()


def stop(child: subprocess.Popen[bytes], signum: signal.Signals) -> None:
    child.send_signal(signum)
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
