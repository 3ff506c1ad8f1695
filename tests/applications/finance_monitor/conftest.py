"""A project of the template with a monitor, and models that know bad news by the word "bad"."""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import Role, User
from accounts.roles import grant
from applications import asking
from applications.finance_monitor.models import Count, Monitor
from tasks_app.gallery.catalogue import template
from tasks_app.models import Project
from tests.factories import make_project, make_user

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
Fill = Callable[..., None]


@pytest.fixture
def owner(db: None) -> User:
    user = make_user("owner")
    grant(user, Role.REQUESTER)
    return user


@pytest.fixture
def project(owner: User) -> Project:
    shipped = template("finance-monitor")
    return make_project(owner, fields=shipped.fields, funds=0, template=shipped.name, title="News")


@pytest.fixture
def monitor(project: Project) -> Monitor:
    return Monitor.objects.create(project=project, bin="day", season="none")


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Models that say "energy", and "negative" of what has the word bad in it; returns the texts they saw."""
    seen: list[str] = []

    def ask(*, project: Project, field: str, items: Sequence[Any], actor: User | None) -> Any:
        texts = [item["text"] for item in items]
        if field == "topic":
            seen.extend(texts)
            values: list[Any] = [["energy"] for _text in texts]
        else:
            values = ["negative" if "bad" in text else "neutral" for text in texts]
        return SimpleNamespace(predictions=[Said(value) for value in values])

    monkeypatch.setattr(asking, "ask", ask)
    return seen


class Said:
    """A prediction that no table holds: assigning it to a text's column leaves that empty."""

    pk = None

    def __init__(self, value: Any) -> None:
        self.value = value


@pytest.fixture
def fill(monitor: Monitor) -> Fill:
    """Put daily counts of a topic in: 40 texts a day with `usual` negative ones, `jump` on the last day."""

    def put(
        *, days: int = 30, usual: int = 10, jump: int = 10, topic: str = "energy", now: datetime = NOW
    ) -> None:
        midnight = now.replace(hour=0)
        Count.objects.bulk_create(
            Count(
                monitor=monitor, topic=topic, start=midnight - timedelta(days=day) + timedelta(hours=9),
                total=40, negative=jump if day == 1 else usual + day % 3 - 1,
            )
            for day in range(1, days + 1)
        )  # fmt: skip

    return put


# --- servers ----------------------------------------------------------------------------------------------

Answer = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """Answers each request by `answer`, and remembers what was asked: method and path, headers, body."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.answer: Answer = lambda request: reply(request, 200, b"hello")
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                server.asked.append((f"{self.command} {self.path}", dict(self.headers), body))
                server.answer(self)

            do_POST = do_GET

            def log_message(self, *_args: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()


def reply(request: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    request.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    request.wfile.write(body)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.http.shutdown()
    made.http.server_close()


@pytest.fixture
def private(settings: Settings) -> None:
    """The site allows private networks, so that a server of the test's own can be asked."""
    settings.FINANCE_PRIVATE_NETWORKS = True
