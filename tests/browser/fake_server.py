"""The REST paths that the workbench uses, played in the test by intercepting the browser's requests."""

import json
import mimetypes
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route

ROOT = Path(__file__).resolve().parents[2]
ORIGIN = "http://127.0.0.1:9"
CSP = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:"


class FakeServer:
    """Gives out `items` in order and keeps what it is sent. `answer_with` plays a failure for one verb."""

    def __init__(self, html: str, items: list[dict[str, Any]], fields: list[dict[str, Any]]) -> None:
        self.html = html
        self.items = items
        self.fields = fields
        self.lease = timedelta(minutes=10)
        self.given = 0
        self.submitted: list[dict[str, Any]] = []
        self.calls: list[tuple[str, Any, str]] = []
        self.failures: dict[str, list[tuple[int, dict[str, Any]]]] = {}
        self.offline = False
        self.live: list[dict[str, Any]] = []
        self.bytes: dict[str, bytes] = {}

    def attach(self, page: Page) -> None:
        page.context.route("**/*", self.handle)

    def answer_with(self, verb: str, status: int, **document: Any) -> None:
        self.failures.setdefault(verb, []).append((status, {"status": status, **document}))

    def handle(self, route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN).partition("?")[0]
        if path.startswith("/api/"):
            self._api(route, path)
        elif path.startswith("/static/"):
            self._file(route, ROOT / path.lstrip("/"))
        else:
            self.bytes[path] = self.html.encode()
            headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": CSP}
            route.fulfill(body=self.html, headers=headers)

    def _file(self, route: Route, path: Path) -> None:
        if not path.is_file():
            route.fulfill(status=404)
            return
        self.bytes[str(path)] = path.read_bytes()
        route.fulfill(body=path.read_bytes(), content_type=mimetypes.guess_type(path)[0] or "text/plain")

    def _api(self, route: Route, path: str) -> None:
        if self.offline:
            route.abort("internetdisconnected")
            return
        verb = path.rpartition("/")[2]
        body = json.loads(route.request.post_data or "{}")
        self.calls.append((verb, body, route.request.headers.get("idempotency-key", "")))
        if self.failures.get(verb):
            status, document = self.failures[verb].pop(0)
            route.fulfill(status=status, content_type="application/problem+json", body=json.dumps(document))
            return
        answers: dict[str, Callable[[str, Any], tuple[int, Any]]] = {
            "claim": self._claim,
            "submit": self._submit,
            "extend": self._leased,
            "reclaim": self._leased,
            "assignments": lambda path, body: (200, {"assignments": self.live}),
        }
        status, answer = answers.get(verb, lambda path, body: (204, None))(path, body)
        route.fulfill(
            status=status,
            content_type="application/json",
            body="" if answer is None else json.dumps(answer, ensure_ascii=False),
        )

    def _until(self) -> str:
        return (datetime.now(UTC) + self.lease).isoformat()

    def _claim(self, path: str, body: Any) -> tuple[int, Any]:
        batch = self.items[self.given : self.given + body["count"]]
        if not batch:
            return 204, None
        assignments = []
        for item in batch:
            self.given += 1
            extra = {key: item[key] for key in ("suggestion", "draft") if key in item}
            payload = {key: value for key, value in item.items() if key not in extra}
            assignments.append(
                {
                    "id": f"assignment-{self.given}",
                    "lease_expires_at": self._until(),
                    "item": {"id": f"item-{self.given}", **payload},
                    "schema_version": 1,
                    "fields": self.fields,
                    **extra,
                }
            )
        return 201, {"assignments": assignments}

    def _submit(self, path: str, body: Any) -> tuple[int, Any]:
        self.submitted.append({"assignment": path.split("/")[-2], **body})
        count = len(self.submitted)
        return 201, {
            "id": f"answer-{count}",
            "today": {"count": count, "earned": {"amount_minor": 6 * count, "currency": "USD"}},
        }

    def _leased(self, path: str, body: Any) -> tuple[int, Any]:
        return 200, {"lease_expires_at": self._until()}
