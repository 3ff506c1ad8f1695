"""PostgreSQL and Redis for one installation: the servers named by the environment, else embedded ones.

Embedded servers are shared: any number of commands may use those of one data folder at once; the first starts
them, the last one that leaves stops them (see `keeper`). They listen on unix sockets only.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.data_dir import DataDir
from local.databases import create_database
from local.errors import LocalError
from local.keeper import LockFiles, Server
from local.locks import FileLock, is_free, locked
from local.postgres import Postgres
from local.redis_server import Redis

SOURCES = Path(__file__).resolve().parents[1]
# Long, because after a power cut PostgreSQL first replays its log.
START_SECONDS = 300.0
STOP_SECONDS = 60.0
TICK = 0.03


@dataclass(frozen=True)
class ServiceUrls:
    database: str
    redis: str

    def environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.database, "REDIS_URL": self.redis}


def service_urls(data_dir: str | os.PathLike[str], environ: Mapping[str, str] = os.environ) -> ServiceUrls:
    """Where the two servers are or will be. Starts nothing."""
    home = DataDir.at(data_dir)
    return ServiceUrls(
        database=environ.get("DATABASE_URL") or Postgres(home).url,
        redis=environ.get("REDIS_URL") or Redis(home).url,
    )


@contextmanager
def services(
    data_dir: str | os.PathLike[str], *, durable: bool = True, environ: Mapping[str, str] = os.environ
) -> Iterator[ServiceUrls]:
    """Both servers answer while the block runs. Raises LocalError when one cannot be started.

    `durable=False` is for tests: no fsync, no queue file, and the data is removed in the end.
    """
    home = DataDir.at(data_dir)
    home.create()
    with ExitStack() as held:
        if not environ.get("REDIS_URL"):
            held.enter_context(hold(Redis(home, durable)))
        if not environ.get("DATABASE_URL"):
            held.enter_context(postgres(home, durable=durable))
        yield service_urls(data_dir, environ)


@contextmanager
def postgres(home: DataDir, *, durable: bool = True) -> Iterator[str]:
    """The embedded PostgreSQL with its database; yields its URL."""
    server = Postgres(home, durable)
    with hold(server):
        with locked(home.run / "database"):
            create_database(server)
        yield server.url


@contextmanager
def hold(server: Server) -> Iterator[None]:
    """Keep one embedded server running while the block runs."""
    files = LockFiles.of(server)
    users = FileLock(files.users)
    try:
        with locked(files.start):
            users.take(shared=True)
            _ensure_running(server, files)
        yield
    finally:
        users.release()
        _wait_for_stop(users, files)
        users.close()


def _ensure_running(server: Server, files: LockFiles) -> None:
    """Called with the start lock held. A keeper that is alive restarts its server by itself; we only wait."""
    deadline = time.monotonic() + START_SECONDS
    keeper = _start_keeper(server, files) if is_free(files.keeper) else None
    while not server.answers():
        if keeper is not None and keeper.poll() not in {None, 0}:
            raise LocalError(
                files.error.read_text(encoding="utf-8") if files.error.exists() else _silent(server)
            )
        if keeper is None and is_free(files.keeper):
            keeper = _start_keeper(server, files)
        if time.monotonic() > deadline:
            raise LocalError(_silent(server))
        time.sleep(TICK)


def _start_keeper(server: Server, files: LockFiles) -> subprocess.Popen[bytes]:
    files.error.unlink(missing_ok=True)
    command = [sys.executable, "-P", "-m", "local.keeper", server.name, str(server.home.root)]
    with (server.home.logs / f"{server.name}.log").open("ab") as log:
        return subprocess.Popen(
            [*command, *([] if server.durable else ["scratch"])],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env={**os.environ, "PYTHONPATH": str(SOURCES)},
            start_new_session=True,  # a Ctrl-C in the terminal is for us, who stop the server in good order
        )


def _silent(server: Server) -> str:
    return f"The embedded {server.name} server does not answer. Its log: {server.home.logs / server.name}.log"


def _wait_for_stop(users: FileLock, files: LockFiles) -> None:
    """Come back only when the server is down, if we were the last to use it."""
    deadline = time.monotonic() + STOP_SECONDS
    others_seen = 0
    while others_seen < 3 and not is_free(files.keeper) and time.monotonic() < deadline:
        # The keeper, too, takes this lock for a moment when it looks, so one refusal says little.
        if users.take(wait=False):
            users.release()
            others_seen = 0
        else:
            others_seen += 1
        time.sleep(TICK)
