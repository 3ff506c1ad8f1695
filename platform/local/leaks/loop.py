"""The whole loop through the public interface, with secrets in all that people type and upload.

Everything that the server answers is kept, so that it can be searched as well.
"""

import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from local.errors import LocalError
from local.leaks.script import FIELDS, Script

_FORMATS = ("jsonl", "csv", "conll", "label-studio", "hf")
_PATIENCE = 240.0
_SWEEPS = 45.0
QUICK = {"epochs": 1, "batch_examples": 8, "max_length": 32, "stride": 8, "threads": 1, "log_every": 1}


@dataclass
class Heard:
    """What the server said: (address, body), and what could not be done, which is worth knowing as well."""

    answers: list[tuple[str, bytes]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)


class Caller:
    """Somebody signed in, over the API by token and on the pages by session."""

    def __init__(self, url: str, who: Mapping[str, str], heard: Heard) -> None:
        self._heard = heard
        self.http = httpx.Client(base_url=url, timeout=120, follow_redirects=True)
        token = self.http.post(
            "/api/v1/auth/token", json={"email": who["email"], "password": who["password"]}
        ).json()["token"]
        self._token = {"Authorization": f"Token {token}"}
        self._who = who

    def sign_in(self) -> None:
        """For the pages."""
        self.http.get("/accounts/login/")
        form = {"login": self._who["email"], "password": self._who["password"]}
        self.send("POST", "/accounts/login/", data=form, page=True)

    def send(self, method: str, path: str, *, page: bool = False, **request: Any) -> httpx.Response:
        headers = request.pop("headers", {})
        if page:
            headers = {**headers, "X-CSRFToken": self.http.cookies.get("csrftoken", "")}
            headers["Referer"] = str(self.http.base_url)
        else:
            headers = {**headers, **self._token, "Idempotency-Key": str(uuid4())}
            path = f"/api/v1/{path}"
        response = self.http.request(method, path, headers=headers, **request)
        self._heard.answers.append((f"{method} {path.split('?')[0]}", response.content))
        return response

    def get(self, path: str, **request: Any) -> Any:
        return self._done("GET", path, self.send("GET", path, **request))

    def post(self, path: str, body: Any = None, **request: Any) -> Any:
        if body is not None:
            request["json"] = body
        return self._done("POST", path, self.send("POST", path, **request))

    def _done(self, method: str, path: str, response: httpx.Response) -> Any:
        if response.status_code >= 400:
            self._heard.skipped.append(f"{method} {path}: {response.status_code} {response.text[:200]}")
            return None
        self._heard.done.append(f"{method} {path}")
        is_json = response.headers.get("Content-Type", "").startswith("application/json")
        return response.json() if is_json and response.content else response.content


@dataclass
class Loop:
    """One project from its import to a model's feedback."""

    url: str
    people: Mapping[str, Any]
    script: Script
    recipe: Mapping[str, Any]
    heard: Heard = field(default_factory=Heard)

    def play(self) -> Heard:
        for name in ("requester", "reviewer", "admin"):
            setattr(self, name, Caller(self.url, self.people[name], self.heard))
        self.crowd = [Caller(self.url, one, self.heard) for one in self.people["annotators"]]
        self._import()
        self._work()
        self._decide()
        self._export()
        self._learn()
        self._look()
        return self.heard

    requester: Caller = field(init=False)
    reviewer: Caller = field(init=False)
    admin: Caller = field(init=False)
    crowd: list[Caller] = field(init=False)
    project: str = field(init=False, default="")

    # -- requester ----------------------------------------------------------------------------------------

    def _import(self) -> None:
        made = self.requester.post("projects", {
            "title": "Support chats", "instructions": "Choose.", "fields": FIELDS,
            "overlap": {"min": 1, "max": 1}, "reward": {"amount_minor": 2, "currency": "USD"},
            "sample_check_share": 1.0, "data_licence": "CC0-1.0", "data_basis": "contract",
        })  # fmt: skip
        self.project = made["id"]
        secret = self.script.file_name
        name = f"chats of {secret.value}.jsonl" if secret else "chats.jsonl"
        files = {"file": (name, b"".join(self.script.lines), "application/x-ndjson")}
        job = self.requester.post(f"projects/{self.project}/items:import", files=files)["job"]["id"]
        self._wait(lambda: self._is_over(self.requester, f"import-jobs/{job}"), "the import")
        self.requester.post(f"projects/{self.project}/privacy/estimate")
        self.requester.post(f"projects/{self.project}/fund", {"amount_minor": 100_000})
        self.requester.post(f"projects/{self.project}/publish")

    def _is_over(self, who: Caller, path: str) -> bool:
        state = who.get(path)["state"]
        if state == "failed":
            raise LocalError(f"{path} failed.")
        return bool(state not in {"queued", "running"})

    def _wait(self, done: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + _PATIENCE
        while not done():
            if time.monotonic() > end:
                raise LocalError(f"{what} took longer than {_PATIENCE:.0f} s.")
            time.sleep(0.3)

    # -- crowd --------------------------------------------------------------------------------------------

    def _work(self) -> None:
        replies = itertools.cycle([one.said for one in self.script.replies])
        comments = iter([one.said for one in self.script.comments])
        first = self._claim(self.crowd[0])
        if first:
            body = {"kind": "unclear", "comment": next(comments)}
            self.crowd[0].post(f"assignments/{first[0]['id']}/flag", body)
        again = self._claim(self.crowd[0])
        if again:
            self.crowd[0].post(f"assignments/{again[0]['id']}/return", {"reason": next(comments, "no")})
        for number in range(4 + 2 * len(self.script.replies)):
            who = self.crowd[number % len(self.crowd)]
            for one in self._claim(who):
                said = next(replies)
                where = f"assignments/{one['id']}/submit"
                # Refused first: what is wrong with it must not be quoted anywhere.
                who.send("POST", where, json={"answer": {"intent": said}, "seconds": 1})
                good: dict[str, Any] = {
                    "answer": {"intent": "refund" if number % 3 else "other", "qa": [], "reply": said},
                    "seconds": 4,
                    "edits": [{"field": "reply", "action": "paste", "text": said}],
                }
                who.post(where, good)

    def _claim(self, who: Caller) -> list[dict[str, Any]]:
        claimed = who.post(f"projects/{self.project}/claim", {"count": 1})
        return list(claimed["assignments"]) if isinstance(claimed, dict) else []

    # -- reviewer -----------------------------------------------------------------------------------------

    def _decide(self) -> None:
        self.requester.post(f"projects/{self.project}/refit")
        reasons = itertools.cycle([one.said for one in self.script.comments])
        for number, entry in enumerate(self._queue()[:12]):
            if number % 3 == 0:
                body = {"value": self._corrected(entry), "reason": next(reasons)}
                self.reviewer.post(f"consensus/{entry['id']}/correct", body)
            elif number % 3 == 1:
                self.reviewer.post(f"consensus/{entry['id']}/reject", {"reason": next(reasons)})
            else:
                self.reviewer.post(f"consensus/{entry['id']}/approve")
        for who in self.crowd:
            mine = who.get("me/assignments") or {"results": []}
            for row in mine["results"]:
                answer = row.get("answer")
                if answer and answer.get("state") == "rejected":
                    who.post(f"answers/{answer['id']}/appeal", {"text": next(reasons)})
        heard = self.reviewer.get(f"projects/{self.project}/appeals") or {"results": []}
        for appeal in heard["results"][:2]:
            body = {"upheld": True, "uphold": True, "reason": next(reasons), "decision": next(reasons)}
            self.reviewer.post(f"appeals/{appeal['id']}/decide", body)

    def _queue(self) -> list[dict[str, Any]]:
        """What waits for a reviewer, once the sweeps have been at it."""
        end = time.monotonic() + _SWEEPS
        while time.monotonic() < end:
            if found := (self.reviewer.get(f"projects/{self.project}/reviews") or {}).get("results"):
                return list(found)
            time.sleep(0.5)
        return []

    def _corrected(self, entry: Mapping[str, Any]) -> Any:
        replies = self.script.replies
        return {"intent": "delivery", "qa": []}.get(entry["field"], replies[0].said if replies else "Yes.")

    def _export(self) -> None:
        for form in _FORMATS:
            for which in ("approved", "all"):
                # Few people and two languages: under their own names they would stand apart.
                path = f"projects/{self.project}/export?format={form}&which={which}&people=merged"
                self.requester.get(path)

    # -- admin --------------------------------------------------------------------------------------------

    def _learn(self) -> None:
        body = {"project": self.project, "field": "intent", "recipe": {**QUICK, **self.recipe}}
        run = self.admin.post("runs", body)
        if run is None:
            return
        self._wait(lambda: self._is_over(self.admin, f"runs/{run['id']}"), "the run")
        found = self.admin.get(f"runs/{run['id']}")
        model = (found or {}).get("model") or {}
        if not model:
            self.heard.skipped.append(f"no model: {found.get('reason') if found else ''}")
            return
        name, number = model["name"], model["version"]
        promote = f"models/{name}/versions/{number}/promote"
        self.admin.post(promote, {"override": True, "reason": "To try it."})
        items = [{"text": one.said} for one in self.script.asked]
        asked = self.admin.post(f"models/{name}/predict", {"items": items})
        bad = {"items": [{"text": 7, "pair": one.said} for one in self.script.asked[:1]]}
        self.admin.post(f"models/{name}/predict", bad)
        for prediction, one in zip(
            (asked or {}).get("prediction_ids", []), self.script.feedback, strict=False
        ):
            said = {"thumbs": "down", "correction": "other", "comment": one.said}
            self.admin.post(f"predictions/{prediction}/feedback", said)
        self.model = name

    model: str = field(init=False, default="")

    # -- everybody ----------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Read what there is to read, on pages and over the interface."""
        # The person's own download comes later, when a worker has packed it.
        for who in (*self.crowd[:2], self.requester):
            who.get("me/data-export")
        for who in (self.admin, self.requester, self.reviewer, self.crowd[0]):
            who.sign_in()
        self._look_at_the_project()
        for path in ("/settings/notifications/", "/work/", "/earnings/", "/catalogue/", "/privacy/"):
            for who in (self.requester, self.crowd[0]):
                who.send("GET", path, page=True)
        more = (f"/models/{self.model}/", f"/models/{self.model}/cases/") if self.model else ()
        for path in ("/training/", "/models/", "/training/snapshots/", "/health/", "/privacy/missed/", *more):
            self.admin.send("GET", path, page=True)

    def _look_at_the_project(self) -> None:
        for one in self.script.searched:
            # The answer holds what was typed, of course; logs must not.
            self.requester.http.get(f"/projects/{self.project}/items/", params={"q": one.value})
        project = f"/projects/{self.project}/"
        for path in (
            "",
            "items/",
            "import/",
            "review/",
            "quality/",
            "people/",
            "gold/",
            "settings/",
            "privacy/",
        ):
            self.requester.send("GET", project + path, page=True)
        for item in (self.requester.get(f"projects/{self.project}/items") or {"results": []})["results"][:40]:
            self.requester.send("GET", f"/items/{item['id']}/", page=True)
        for path in ("", "/privacy", "/quality", "/reviews", "/ledger"):
            self.requester.get(f"projects/{self.project}{path}")
        if self.model:
            self.admin.get(f"models/{self.model}/cases")
