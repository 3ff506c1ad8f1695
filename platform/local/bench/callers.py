"""Programs that ask a model, from one thread, each over a keep-alive connection of its own (see `load`)."""

import json
import re
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from local.bench.load import PATIENCE, whole
from local.errors import LocalError

_NUMBER = re.compile(r'(\w+);(?:dur=|desc=")([\d.]+)')


@dataclass
class Caller:
    """Asks about one text after another; the next question follows the answer at once."""

    url: str
    model: str
    token: str
    texts: Iterator[str]
    seconds: list[float] = field(default_factory=list)  # from question to answer
    timings: list[dict[str, float]] = field(default_factory=list)  # milliseconds by part, as the server says
    refused: int = 0

    def connect(self) -> socket.socket:
        address = urlsplit(self.url)
        host, port = address.hostname or "", address.port or 80
        self._socket = socket.create_connection((host, port), timeout=PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = (
            f"POST /api/v1/models/{self.model}/predict HTTP/1.1\r\nHost: {host}:{port}\r\n"
            f"Authorization: Token {self.token}\r\nContent-Type: application/json\r\nContent-Length: "
        ).encode()
        self._received = b""
        return self._socket

    def ask(self) -> None:
        body = json.dumps({"items": [{"text": next(self.texts)}]}).encode()
        self._sent_at = time.perf_counter()
        self._socket.sendall(self._head + b"%d\r\n\r\n" % len(body) + body)

    def receive(self) -> bool:
        """Read what came; whether it was the rest of an answer."""
        if not (more := self._socket.recv(65536)):
            raise LocalError("The web server closed a connection in the middle of the work.")
        self._received += more
        if (answer := whole(self._received)) is None:
            return False
        if answer[0] not in {200, 503}:
            raise LocalError(
                f"The web server answered {answer[0]}: {answer[1][:500].decode(errors='replace')}"
            )
        if answer[0] == 503:
            self.refused += 1
        else:
            self.seconds.append(time.perf_counter() - self._sent_at)
            self.timings.append(_timings(self._received))
        self._received = b""
        return True


def _timings(received: bytes) -> dict[str, float]:
    """The header `Server-Timing: forward;dur=4.1, pass;desc="16 texts"` as numbers by name."""
    head = received.partition(b"\r\n\r\n")[0]
    _before, _name, rest = head.lower().partition(b"server-timing:")
    entries = rest.partition(b"\r\n")[0].decode().split(",")
    return {name: float(value) for entry in entries for name, value in _NUMBER.findall(entry)}


def ask_for(callers: Sequence[Caller], seconds: float) -> float:
    """All at once, each in a closed loop, for `seconds`. Returns how long it took to the last answer."""
    with selectors.DefaultSelector() as waiting, ExitStack() as opened:
        for one in callers:
            waiting.register(opened.enter_context(one.connect()), selectors.EVENT_READ, one)
        began = time.perf_counter()
        for one in callers:
            one.ask()
        asking = len(callers)
        while asking:
            ready = waiting.select(PATIENCE)
            if not ready:
                raise LocalError(f"The web server has not answered for {PATIENCE:.0f} seconds.")
            for key, _events in ready:
                if not key.data.receive():
                    continue
                if time.perf_counter() < began + seconds:
                    key.data.ask()
                else:
                    asking -= 1
        return time.perf_counter() - began
