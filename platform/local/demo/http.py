"""Requests to the public REST API that survive a restart behind it: repeated with the same key."""

import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

_AGAIN = {429, 502, 503, 504}
ATTEMPTS = 10  # about 26 s in all: longer than a database needs to come back


class ApiRefused(Exception):
    """The server answered with a problem document, or not at all; the text says which request and why."""

    def __init__(self, what: str, status: int, detail: str) -> None:
        super().__init__(f"{what}: {status} {detail}" if status else f"{what}: {detail}")
        self.status = status


@dataclass(frozen=True)
class Caller:
    """Somebody's signed-in connection. The httpx client is shared by all, from many threads."""

    http: httpx.Client
    token: str = ""

    def get(self, path: str, **params: str | int) -> Any:
        return self._send("GET", path, params=params).json()

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The parsed answer, or None where the server has nothing to give (204)."""
        response = self._send(
            "POST", path, json=dict(body or {}), headers={"Idempotency-Key": str(uuid.uuid4())}
        )
        return response.json() if response.content else None

    def post_bytes(self, path: str, body: bytes, content_type: str) -> Any:
        headers = {"Idempotency-Key": str(uuid.uuid4()), "Content-Type": content_type}
        return self._send("POST", path, content=body, headers=headers).json()

    def get_lines(self, path: str, **params: str | int) -> Iterator[str]:
        yield from filter(str.strip, self._send("GET", path, params=params).text.splitlines())

    def pages(self, path: str, **params: str | int) -> Iterator[dict[str, Any]]:
        """Everything a cursor-paginated list holds; follows `next` until there is none."""
        page = self.get(path, **params)
        yield from page["results"]
        while page.get("next"):
            # an address without a host is no path below the prefix, as httpx would take it
            page = self._send("GET", str(self.http.base_url.join(page["next"]))).json()
            yield from page["results"]

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        headers = {
            **request.pop("headers", {}),
            **({"Authorization": f"Token {self.token}"} if self.token else {}),
        }
        what = f"{method} {path}"
        problem = "no answer"
        for attempt in range(ATTEMPTS):
            try:
                response = self.http.request(method, path, headers=headers, **request)
            except httpx.TransportError as error:
                problem = f"no answer from {self.http.base_url} ({type(error).__name__})"
                time.sleep(min(0.2 * 2**attempt, 5.0))
                continue
            if response.status_code not in _AGAIN or attempt == ATTEMPTS - 1:
                return _checked(response, what)
            time.sleep(_pause(response, attempt))
        raise ApiRefused(what, 0, problem)


def _pause(response: httpx.Response, attempt: int) -> float:
    asked = response.headers.get("Retry-After", "")
    return min(float(asked), 30.0) if asked.isdigit() else min(0.2 * 2**attempt, 5.0)


def _checked(response: httpx.Response, what: str) -> httpx.Response:
    if response.is_success:
        return response
    try:
        problem = response.json()
        detail = str(problem.get("detail") or problem.get("title") or "")
        more = "; ".join(
            f"{e.get('pointer', '')} {e.get('detail', '')}".strip() for e in problem.get("errors") or ()
        )
    except ValueError:
        detail, more = response.text[:200], ""
    raise ApiRefused(what, response.status_code, f"{detail} {more}".strip())
