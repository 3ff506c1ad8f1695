"""One address with several queues, so that connections are spread over the processes that accept them."""

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

BACKLOG = 1024
# Elsewhere the option exists, but hands all connections to one socket.
SPREADS = sys.platform == "linux"


@contextmanager
def queues(listener: socket.socket, count: int) -> Iterator[list[socket.socket]]:
    """The listener and `count` - 1 more sockets on its address; only the listener where that is no use.

    Processes that accept from one queue do not share evenly: who is awake already takes all that wait. Of
    sixteen connections that came together one of two processes had thirteen. With SO_REUSEPORT the kernel
    draws a queue for each connection. It is set after the listener was bound, and so the address has been
    refused to others (and to us) as any that is taken.
    """
    with ExitStack() as held:
        opened = [listener]
        if SPREADS and listener.family in {socket.AF_INET, socket.AF_INET6}:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            for _ in range(count - 1):
                opened.append(held.enter_context(closing(_beside(listener))))
        yield opened


def _beside(listener: socket.socket) -> socket.socket:
    beside = socket.socket(listener.family, listener.type)
    beside.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    beside.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    beside.bind(listener.getsockname())
    beside.listen(BACKLOG)
    return beside
