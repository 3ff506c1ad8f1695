"""Many people at work from one thread, each over a keep-alive connection of their own.

The load shares the machine's cores with what it measures. So a request is a few prepared bytes, and of an
answer only the status, the length and the id are read: a tenth of what an HTTP library would take.
"""

import json
import selectors
import socket
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import uuid4

from local.errors import LocalError

ANSWER = {"intent": "refund", "qa": [{"turn": 4, "start": 0, "end": 45, "label": "question"}]}
CLAIM_BODY = json.dumps({"count": 1}).encode()
SUBMIT_BODY = json.dumps({"answer": ANSWER, "seconds": 5}).encode()
PATIENCE = 60.0


@dataclass
class Annotator:
    """One person: claim an item, submit it, and again, until `until` or until nothing is left."""

    url: str
    project: str
    token: str
    claims: list[float] = field(default_factory=list)  # seconds that each took
    submits: list[float] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    idle: bool = False

    def connect(self) -> socket.socket:
        address = urlsplit(self.url)
        host, port = address.hostname or "", address.port or 80
        self._socket = socket.create_connection((host, port), timeout=PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._common = (
            f" HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Token {self.token}\r\n"
            "Content-Type: application/json\r\nIdempotency-Key: "
        ).encode()
        self._received = b""
        return self._socket

    def forget_times(self) -> None:
        """What was done up to now was warming up."""
        self.claims.clear()
        self.submits.clear()

    def claim(self) -> None:
        self._claiming = True
        self._send(f"projects/{self.project}/claim", CLAIM_BODY)

    def submit(self, assignment: str) -> None:
        self._claiming = False
        self._send(f"assignments/{assignment}/submit", SUBMIT_BODY)

    def receive(self, until: float) -> None:
        """Read what came; when it is a whole answer, go on to the next request."""
        if not (more := self._socket.recv(65536)):
            raise LocalError("The web server closed a connection in the middle of the work.")
        self._received += more
        if (answer := whole(self._received)) is None:
            return
        self._received = b""
        now = time.perf_counter()
        (self.claims if self._claiming else self.submits).append(now - self._sent_at)
        self._go_on(*answer, now, until)

    def _go_on(self, status: int, body: bytes, now: float, until: float) -> None:
        if status == 204:
            self.claims.pop()
            self.idle = True
        elif status != 201:
            raise LocalError(f"The web server answered {status}: {body[:500].decode(errors='replace')}")
        elif self._claiming:
            self.submit(json.loads(body)["assignments"][0]["id"])
        else:
            self.acknowledged.append(json.loads(body)["id"])
            self.idle = now >= until
            if not self.idle:
                self.claim()

    def _send(self, path: str, body: bytes) -> None:
        head = b"POST /api/v1/" + path.encode() + self._common + str(uuid4()).encode()
        self._sent_at = time.perf_counter()
        self._socket.sendall(head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def whole(received: bytes) -> tuple[int, bytes] | None:
    """Status and body, once all of it is there."""
    head, found, body = received.partition(b"\r\n\r\n")
    if not found:
        return None
    status = int(head[9:12])
    _before, length_follows, rest = head.lower().partition(b"content-length:")
    wanted = int(rest.partition(b"\r\n")[0]) if length_follows else 0
    return (status, body) if len(body) >= wanted else None


def work(annotators: Sequence[Annotator], seconds: float) -> float:
    """All at once, for `seconds` or until nothing is left for one of them. Returns how long that took."""
    with selectors.DefaultSelector() as waiting, ExitStack() as opened:
        for one in annotators:
            waiting.register(opened.enter_context(one.connect()), selectors.EVENT_READ, one)
        began = time.perf_counter()
        for one in annotators:
            one.idle = False
            one.claim()
        while not all(one.idle for one in annotators):
            ready = waiting.select(PATIENCE)
            if not ready:
                raise LocalError(f"The web server has not answered for {PATIENCE:.0f} seconds.")
            for key, _events in ready:
                key.data.receive(began + seconds)
        return time.perf_counter() - began
