"""`python -m config.serve --fd N` or `--bind HOST:PORT`: the web server, Granian, in front of `config.wsgi`.

Granian parses HTTP in native code beside Python; a server written in Python takes longer over a request than
PostgreSQL over a claim (docs/decisions/0010-granian-serves.md). Its own command line opens a port itself;
ours must also go on with a socket that is open already, whose queue survives a restart.
"""

import argparse
import socket
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from granian.constants import HTTPModes, Interfaces, RuntimeModes
from granian.log import LogLevels
from granian.net import SocketHolder  # type: ignore[attr-defined]
from granian.server.mp import MPServer, WorkerProcess

from common.listening import BACKLOG, queues

APPLICATION = "config.wsgi:application"
PROCESSES, THREADS = 2, 16
GRACEFUL_SECONDS = 8


class SocketServer(MPServer):
    """Granian on sockets that somebody else has opened: a queue for each process, or one for all."""

    def __init__(self, application: str, listeners: Sequence[socket.socket], **options: Any) -> None:
        super().__init__(application, interface=Interfaces.WSGI, http=HTTPModes.http1, **options)
        self._listeners = listeners
        for listener in listeners:
            if listener.family in {socket.AF_INET, socket.AF_INET6}:
                # Connections inherit it. Head and body of a response are two writes; without this the second
                # waits for the client to acknowledge the first, which it puts off for 40 ms.
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _init_shared_socket(self) -> None:
        for listener in self._listeners:
            listener.set_inheritable(True)
        self._take(self._listeners[0])

    def _spawn_worker(self, idx: int, *arguments: Any, **options: Any) -> WorkerProcess:
        self._take(self._listeners[idx % len(self._listeners)])
        return super()._spawn_worker(idx, *arguments, **options)

    def _take(self, listener: socket.socket) -> None:
        descriptor = listener.fileno()
        self._sso = listener
        self._sfd: Any = descriptor
        self._shd: Any = SocketHolder(descriptor, False, BACKLOG)  # type: ignore[call-arg]


def main(arguments: list[str]) -> None:
    options = parse(arguments)
    with ExitStack() as held:
        if options.fd:
            listeners = [socket.socket(fileno=descriptor) for descriptor in options.fd]
        else:
            listeners = held.enter_context(queues(listen(options.bind), options.processes))
        SocketServer(
            options.application,
            listeners,
            runtime_mode=RuntimeModes.st,
            workers=options.processes,
            blocking_threads=options.threads,
            workers_kill_timeout=GRACEFUL_SECONDS,
            respawn_failed_workers=True,
            log_level=LogLevels.info if options.access_log else LogLevels.error,
            log_access=options.access_log,
        ).serve()


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="config.serve", description="Serve config.wsgi.")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument(
        "--fd",
        type=int,
        action="append",
        help="a listening socket that was inherited; or several",
    )
    where.add_argument("--bind", metavar="HOST:PORT")
    parser.add_argument("--application", default=APPLICATION, metavar="MODULE:NAME")
    parser.add_argument("--processes", type=int, default=PROCESSES)
    parser.add_argument("--threads", type=int, default=THREADS, help="requests at once in each process")
    parser.add_argument("--access-log", action="store_true")
    return parser.parse_args(arguments)


def listen(address: str) -> socket.socket:
    host, _colon, port = address.rpartition(":")
    return socket.create_server((host, int(port)), backlog=BACKLOG)


if __name__ == "__main__":
    main(sys.argv[1:])
