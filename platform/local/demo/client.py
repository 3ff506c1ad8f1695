"""The public REST API as the demo uses it: every path, and every key of an answer that the demo reads."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from local.demo.http import Caller
from local.demo.people import SignIn

PREFIX = "/api/v1/"
PAGE = 100


@dataclass(frozen=True)
class Assignment:
    """One claimed item: what the annotator sees of it."""

    id: str
    item_id: str
    turns: tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class ImportedItem:
    """An item of the project as it was stored: the id it has in the file, and its redacted turns."""

    id: str
    external_id: str
    turns: tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class Doubt:
    """One entry of the review queue."""

    id: str
    item_id: str
    field: str
    value: Any


@dataclass(frozen=True)
class Import:
    """What an import job has done so far."""

    state: str
    imported: int
    findings: int
    errors: Sequence[Mapping[str, Any]]

    @property
    def finished(self) -> bool:
        return self.state not in {"queued", "running"}


@dataclass(frozen=True)
class Run:
    """What a training run has come to; `test` and `baseline` are its reports on the frozen test items."""

    id: str
    state: str
    progress: float
    reason: str
    test: Mapping[str, Any]
    baseline: Mapping[str, Any]
    model: str
    version: int

    @property
    def finished(self) -> bool:
        return self.state not in {"queued", "running"}


def connect(base_url: str, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """One connection pool for the whole demo."""
    limits = httpx.Limits(max_connections=32)
    return httpx.Client(
        base_url=base_url.rstrip("/") + PREFIX, timeout=60, transport=transport, limits=limits
    )


def sign_in(http: httpx.Client, who: SignIn) -> "Api":
    """Trade e-mail and password for a token."""
    answer = Caller(http).post("auth/token", {"email": who.email, "password": who.password})
    return Api(Caller(http, answer["token"]))


@dataclass(frozen=True)
class Api:
    """What one signed-in person can do. All methods raise ApiRefused with the server's reason."""

    caller: Caller

    # -- requester ----------------------------------------------------------------------------------------

    def create_project(self, **settings: Any) -> str:
        return str(self.caller.post("projects", settings)["id"])

    def fund(self, project: str, amount_minor: int) -> None:
        self.caller.post(f"projects/{project}/fund", {"amount_minor": amount_minor})

    def publish(self, project: str) -> None:
        self.caller.post(f"projects/{project}/publish")

    def import_items(self, project: str, lines: bytes) -> str:
        answer = self.caller.post_bytes(f"projects/{project}/items:import", lines, "application/x-ndjson")
        return str(answer["job"]["id"])

    def import_job(self, job: str) -> Import:
        raw = self.caller.get(f"import-jobs/{job}")
        found = raw.get("findings") or 0
        findings = sum(found.values()) if isinstance(found, Mapping) else int(found)
        return Import(raw["state"], int(raw["imported"]), findings, raw.get("errors") or ())

    def items(self, project: str) -> Iterator[ImportedItem]:
        for row in self.caller.pages(f"projects/{project}/items", page_size=PAGE):
            yield ImportedItem(row["id"], row["external_id"], tuple(row["payload"]["turns"]))

    def approved(self, project: str) -> dict[str, dict[str, Any]]:
        """The item's own id in the file -> field -> the value that is final by now."""
        lines = self.caller.get_lines(
            f"projects/{project}/export", format="jsonl", which="all", people="merged"
        )
        rows = (json.loads(line) for line in lines)
        return {str(row["id"]): row.get("approved") or {} for row in rows}

    def refit(self, project: str) -> None:
        """Estimate everybody's skill anew from all answers and decide what can be decided."""
        self.caller.post(f"projects/{project}/refit")

    def progress(self, project: str) -> tuple[dict[str, int], int]:
        """(how many items are in which state, minor units paid so far)."""
        raw = self.caller.get(f"projects/{project}")
        return dict(raw["progress"]), int(raw["balance"]["paid"]["amount_minor"])

    # -- annotator ----------------------------------------------------------------------------------------

    def claim(self, project: str, count: int) -> list[Assignment]:
        """Up to `count` items, none when there is nothing (more) for this person."""
        answer = self.caller.post(f"projects/{project}/claim", {"count": count}) or {"assignments": []}
        return [
            Assignment(one["id"], one["item"]["id"], tuple(one["item"]["turns"]))
            for one in answer["assignments"]
        ]

    def submit(self, assignment: str, answer: Mapping[str, Any], seconds: float) -> None:
        self.caller.post(f"assignments/{assignment}/submit", {"answer": answer, "seconds": seconds})

    # -- reviewer -----------------------------------------------------------------------------------------

    def doubts(self, project: str) -> Iterator[Doubt]:
        for row in self.caller.pages(f"projects/{project}/reviews", page_size=PAGE):
            yield Doubt(row["id"], row["item"]["id"], row["field"], row["value"])

    def approve(self, consensus: str) -> None:
        self.caller.post(f"consensus/{consensus}/approve")

    def correct(self, consensus: str, value: Any, reason: str) -> None:
        self.caller.post(f"consensus/{consensus}/correct", {"value": value, "reason": reason})

    # -- admin --------------------------------------------------------------------------------------------

    def snapshot(self, project: str) -> str:
        return str(self.caller.post("snapshots", {"project": project})["id"])

    def start_run(self, project: str, field: str, snapshot: str, recipe: Mapping[str, Any]) -> str:
        body = {"project": project, "field": field, "snapshot": snapshot, "recipe": recipe}
        return str(self.caller.post("runs", body)["id"])

    def run(self, run: str) -> Run:
        raw = self.caller.get(f"runs/{run}")
        evaluation, model = raw.get("evaluation") or {}, raw.get("model") or {}
        return Run(
            id=raw["id"],
            state=raw["state"],
            progress=float(raw.get("progress") or 0),
            reason=str(raw.get("reason") or ""),
            test=evaluation.get("test") or {},
            baseline=evaluation.get("baseline") or {},
            model=str(model.get("name") or ""),
            version=int(model.get("version") or 0),
        )

    def promote(self, model: str, version: int) -> None:
        self.caller.post(f"models/{model}/versions/{version}/promote")

    def predict(self, model: str, items: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[Any]]:
        """(prediction ids, predicted values), one for each item."""
        answer = self.caller.post(f"models/{model}/predict", {"items": list(items)})
        return list(answer["prediction_ids"]), [one.get("value", one) for one in answer["results"]]

    def feedback(self, prediction: str, thumbs: str) -> None:
        self.caller.post(f"predictions/{prediction}/feedback", {"thumbs": thumbs})
