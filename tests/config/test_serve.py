"""The web server itself, with a small application of its own: its socket, its end, its processes."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from common.listening import SPREADS, queues

APPLICATION = """
import os, time
def application(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        time.sleep(1.5)
    if environ["PATH_INFO"] == "/stream":
        start_response("200 OK", [])
        return (b"x" * 1000 for n in range(5))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
"""
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as opened:
        yield opened


@pytest.fixture
def start(tmp_path: Path, listener: socket.socket) -> Iterator[Start]:
    (tmp_path / "small.py").write_text(APPLICATION)
    started: list[subprocess.Popen[bytes]] = []

    def run(*beside: socket.socket) -> "subprocess.Popen[bytes]":
        sockets = [listener, *beside]
        where = [f"--fd={one.fileno()}" for one in sockets]
        command = [sys.executable, "-m", "config.serve", "--application", "small:application", *where]
        environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
        started.append(subprocess.Popen(command, env=environ, pass_fds=[one.fileno() for one in sockets]))
        return started[-1]

    yield run
    for process in started:
        for one in [*children(process), process]:
            one.kill()
        process.wait()


def children(process: "subprocess.Popen[bytes]") -> list[Any]:
    return psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []


def get(listener: socket.socket, path: str = "/") -> bytes:
    host, port = listener.getsockname()
    with urllib.request.urlopen(f"http://{host}:{port}{path}", timeout=30) as answer:
        body: bytes = answer.read()
        return body


def test_requests_wait_in_the_queue_while_the_server_starts_again(
    start: Start, listener: socket.socket
) -> None:
    first = start()
    before = get(listener)
    first.send_signal(signal.SIGTERM)
    assert first.wait(20) == 0
    waiting: list[bytes] = []
    asked = threading.Thread(target=lambda: waiting.append(get(listener)))
    asked.start()
    time.sleep(0.3)
    assert waiting == []
    start()
    asked.join(30)
    assert waiting and waiting[0] != before


def test_what_is_being_answered_is_answered_before_the_end(start: Start, listener: socket.socket) -> None:
    server = start()
    get(listener)
    answers: list[bytes] = []
    asked = threading.Thread(target=lambda: answers.append(get(listener, "/slow")))
    asked.start()
    time.sleep(0.5)
    server.send_signal(signal.SIGTERM)
    asked.join(30)
    assert answers
    assert server.wait(20) == 0


def test_a_killed_process_is_replaced(start: Start, listener: socket.socket) -> None:
    server = start()
    killed = int(get(listener))
    os.kill(killed, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while {killed} & {one.pid for one in children(server)} or len(children(server)) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert int(get(listener)) != killed


def test_an_answer_can_come_in_pieces(start: Start, listener: socket.socket) -> None:
    start()
    assert get(listener, "/stream") == b"x" * 5000


@pytest.mark.skipif(not SPREADS, reason="Only Linux spreads connections over sockets of one address.")
def test_connections_are_spread_over_the_processes(start: Start, listener: socket.socket) -> None:
    with queues(listener, 2) as sockets:
        server = start(*sockets[1:])
        deadline = time.monotonic() + 20
        while len({get(listener) for _ in range(20)}) < 2:
            assert time.monotonic() < deadline
        answered = Counter(get(listener) for _ in range(60))
        assert len(children(server)) >= len(answered) == 2
        assert min(answered.values()) >= 10  # a fair coin gives less once in ten million times


def test_an_address_that_is_taken_stays_taken(listener: socket.socket) -> None:
    with queues(listener, 2), pytest.raises(OSError, match="in use"):
        socket.create_server(listener.getsockname())


def test_the_second_write_of_a_response_waits_for_nobody(start: Start, listener: socket.socket) -> None:
    start()
    get(listener)
    # The socket is the server's own, and what it accepts inherits the option.
    assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
