"""A whole installation of its own, whose servers a test may take away for a while."""

import contextlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg2
import pytest

from local.bench.stack import Stack, stack
from local.keeper import Server
from local.postgres import Postgres
from local.redis_server import Redis


@pytest.fixture(scope="module")
def site() -> Iterator[Stack]:
    """PostgreSQL, Redis, web server, worker, trainer and beat, as `up` starts them.

    Not in pytest's own folder: another pytest that starts meanwhile closes that to all but its owner, and a
    PostgreSQL started again as another user would not find its data.
    """
    folder = Path(tempfile.mkdtemp(prefix="manyhands-site-"))
    try:
        with stack(folder) as running:
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def wait_until(condition: Callable[[], Any], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.1)


def query(site: Stack, statement: str, *values: Any) -> Any:
    """The first row, as somebody who looks at the database from outside."""
    with contextlib.closing(psycopg2.connect(site.urls.database)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchone() if cursor.description else None


def client(site: Stack, token: str = "") -> httpx.Client:
    headers = {"Authorization": f"Token {token}"} if token else {}
    return httpx.Client(base_url=site.url, headers=headers, timeout=30)


@contextlib.contextmanager
def gone(server: Server) -> Iterator[None]:
    """The server is stopped, and its keeper held still so that it stays away, while the block runs."""
    keeper = next(
        process
        for process in psutil.process_iter(["cmdline"])
        if {"local.keeper", server.name, str(server.home.root)} <= set(process.info["cmdline"] or [])
    )
    [running] = keeper.children()
    keeper.suspend()
    try:
        running.send_signal(server.stop_signal)
        wait_until(lambda: running.status() == psutil.STATUS_ZOMBIE, 20, f"{server.name} stops")
        yield
    finally:
        keeper.resume()
    wait_until(server.answers, 30, f"{server.name} is back")


def postgres_gone(site: Stack) -> contextlib.AbstractContextManager[None]:
    return gone(Postgres(site.home))


def redis_gone(site: Stack) -> contextlib.AbstractContextManager[None]:
    return gone(Redis(site.home))
