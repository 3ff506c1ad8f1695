"""`python -m config.serve --fd N` or `--bind HOST:PORT`: the web server, Granian, in front of `config.wsgi`.

Granian parses HTTP in native code beside Python; a server written in Python takes longer over a request than
PostgreSQL over a claim (docs/decisions/0010-granian-serves.md). Its own command line opens a port itself;
ours must also go on with a socket that is open already, whose queue survives a restart.
"""

import argparse
import socket
import sys
from typing import Any

from granian.constants import HTTPModes, Interfaces, RuntimeModes
from granian.log import LogLevels
from granian.net import SocketHolder  # type: ignore[attr-defined]
from granian.server.mp import MPServer

APPLICATION = "config.wsgi:application"
PROCESSES, THREADS = 2, 8
BACKLOG = 1024
GRACEFUL_SECONDS = 8


class SocketServer(MPServer):
    """Granian on a socket that somebody else has opened; its processes all accept from that one queue."""

    def __init__(self, application: str, listener: socket.socket, **options: Any) -> None:
        super().__init__(application, interface=Interfaces.WSGI, http=HTTPModes.http1, **options)
        self._listener = listener

    def _init_shared_socket(self) -> None:
        self._listener.set_inheritable(True)
        self._sso = self._listener
        descriptor = self._listener.fileno()
        self._sfd: Any = descriptor
        self._shd: Any = SocketHolder(descriptor, False, BACKLOG)  # type: ignore[call-arg]


def main(arguments: list[str]) -> None:
    options = parse(arguments)
    listener = socket.socket(fileno=options.fd) if options.fd is not None else listen(options.bind)
    SocketServer(
        options.application,
        listener,
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
    where.add_argument("--fd", type=int, help="a listening socket that this process has inherited")
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
