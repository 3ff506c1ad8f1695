"""`manage.py doctor`: one line per check, with the mend for what fails."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg2
import redis

from local.bootstrap import Environment
from local.browser import find_chromium
from local.data_dir import DataDir
from local.entry import ROOT
from local.errors import LocalError
from local.lockfile import read_lock
from local.port import listen
from local.services import ServiceUrls, services

LOW_DISK_GB = 2.0


@dataclass(frozen=True)
class Finding:
    """`mend` is empty when all is well; a finding that is only good to know is no failure."""

    name: str
    text: str
    mend: str = ""

    def line(self) -> str:
        mark = "!!" if self.mend else "ok"
        return f"{mark}  {self.name:<11} {self.text}" + (f"\n    mend: {self.mend}" if self.mend else "")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="manage.py doctor", description="Check this machine.")
    parser.add_argument("--port", type=int, default=8000)
    default = Path(os.environ.get("DATA_DIR") or ROOT / "var")
    parser.add_argument("--data-dir", type=Path, default=default)
    options = parser.parse_args(arguments)
    failed = False
    for finding in examine(DataDir.at(options.data_dir), options.port):
        print(finding.line(), flush=True)
        failed = failed or bool(finding.mend)
    return 1 if failed else 0


def examine(home: DataDir, port: int) -> Iterator[Finding]:
    yield Finding("Python", f"{sys.version.split()[0]} ({sys.executable})")
    yield check_installation()
    yield check_disk(home)
    yield attempt("storage", lambda: check_storage(home), "choose another place with --data-dir")
    yield attempt("port", lambda: check_port(port), "see the message")
    yield from check_servers(home)
    yield check_browser()
    yield check_gpu()


def attempt(name: str, check: Callable[[], str], mend: str) -> Finding:
    """A check that says what it found, or raises what is wrong."""
    try:
        return Finding(name, check())
    except (LocalError, OSError, psycopg2.Error, redis.RedisError) as error:
        return Finding(name, str(error).strip(), mend)


def check_installation() -> Finding:
    environment = Environment(ROOT)
    lock = read_lock(ROOT / "requirements.lock")
    if environment.is_ready(lock, tools=False):
        return Finding("packages", f"{len(lock.run)} as in requirements.lock")
    return Finding("packages", "not as in requirements.lock", "python3 manage.py install")


def check_disk(home: DataDir) -> Finding:
    existing = next(folder for folder in (home.root, *home.root.parents) if folder.exists())
    free = shutil.disk_usage(existing).free / 1e9
    mend = "free some space: models and the database need it" if free < LOW_DISK_GB else ""
    return Finding("disk", f"{free:.1f} GB free for {home.root}", mend)


def check_storage(home: DataDir) -> str:
    home.create()
    with tempfile.TemporaryFile(dir=home.root) as probe:
        probe.write(b"probe")
    sockets = "" if home.sockets == home.run else f"; sockets are in {home.sockets}"
    return f"{home.root} is writable{sockets}"


def check_port(port: int) -> str:
    """A port that we serve ourselves is as it should be."""
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if str(ROOT / "manage.py") in command and "up" in command:
            return f"{port}: `up` is running (process {process.pid})"
    listen("127.0.0.1", port).close()
    return f"{port} is free"


def check_servers(home: DataDir) -> Iterator[Finding]:
    with ExitStack() as held:
        try:
            urls = held.enter_context(services(home.root))
        except (LocalError, psycopg2.Error) as error:
            yield Finding("servers", str(error).strip(), "see the message; logs are in var/logs")
            return
        yield attempt("PostgreSQL", lambda: check_postgres(urls), "start it, or correct DATABASE_URL")
        yield attempt("Redis", lambda: check_redis(urls), "start it, or correct REDIS_URL")
        yield attempt("broker", lambda: check_broker(urls), "see the message; Redis may be out of memory")


def check_postgres(urls: ServiceUrls) -> str:
    connected = closing(psycopg2.connect(urls.database, connect_timeout=5))
    with connected as connection, connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), to_regtype('vector') IS NOT NULL")
        version, has_vector = cursor.fetchone() or ("?", False)
    return (
        f"{version}, pgvector {'is there' if has_vector else 'is missing (only search by meaning needs it)'}"
    )


def check_redis(urls: ServiceUrls) -> str:
    with redis.Redis.from_url(urls.redis, socket_timeout=5) as client:
        return f"{client.info('server')['redis_version']}"


def check_broker(urls: ServiceUrls) -> str:
    """A message goes into a queue of its own and comes out again."""
    queue, message = f"doctor-{uuid.uuid4()}", os.urandom(8)
    with redis.Redis.from_url(urls.redis, socket_timeout=5) as client:
        client.lpush(queue, message)
        answer = client.brpop([queue], timeout=3)
    if answer is None or answer[1] != message:
        raise LocalError("a message that was queued did not come back")
    return "a message went through"


def check_browser() -> Finding:
    found = find_chromium()
    if found and found.exists():
        return Finding("browser", str(found))
    return Finding("browser", "no Chromium (only the tests need it: `manage.py test` installs one)")


def check_gpu() -> Finding:
    """Asked from the driver, because loading PyTorch takes seconds."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return Finding("GPU", "none: models are trained on the CPU")
    query = [program, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    asked = subprocess.run(query, capture_output=True, text=True, check=False)
    if asked.returncode != 0:
        return Finding(
            "GPU", f"nvidia-smi: {asked.stdout.strip() or asked.stderr.strip()}", "repair the driver"
        )
    return Finding("GPU", "; ".join(asked.stdout.strip().splitlines()))
