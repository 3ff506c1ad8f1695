"""A small stand-in for the REST API: enough of it to play the whole demo loop in memory."""

import json
import re
import threading
import uuid
from collections import Counter, defaultdict

import httpx
import pytest

REPORT = {"labels": {"a": {"precision": 0.9, "recall": 0.8, "f1": 0.85, "support": 10}}, "accuracy": 0.9}
BASELINE = {"labels": {"a": {"precision": 0.1, "recall": 1.0, "f1": 0.2, "support": 10}}, "accuracy": 0.3}


def ok(body, status=200):
    return httpx.Response(status, json=body)


class FakeServer:
    """`broken` maps a "METHOD path-pattern" to the response that is given instead of the right one."""

    def __init__(self, broken=None, overlap=3):
        self.broken = broken or {}
        self.overlap = overlap
        self.items, self.taken, self.leases = {}, defaultdict(set), {}
        self.answers = defaultdict(list)
        self.decided, self.runs, self.keys, self.calls = set(), {}, [], Counter()
        self.lock = threading.Lock()

    def transport(self):
        return httpx.MockTransport(self.handle)

    def handle(self, request):
        path = request.url.path.removeprefix("/api/v1/")
        with self.lock:
            self.calls[path.split("/")[0]] += 1
            if request.method == "POST":
                self.keys.append(request.headers.get("Idempotency-Key"))
            for pattern, response in self.broken.items():
                if re.fullmatch(pattern, f"{request.method} {path}"):
                    return response() if callable(response) else response
            return self.answer(request, path.split("/"))

    def answer(self, request, parts):  # noqa: C901
        match parts:
            case ["auth", "token"]:
                return ok({"token": json.loads(request.content)["email"], "expires_at": None})
            case ["projects"]:
                return ok({"id": "p1"}, 201)
            case ["projects", "p1"]:
                done = sum(len(given) for given in self.answers.values())
                return ok({"progress": {"submitted": done}, "balance": {"paid": {"amount_minor": 6 * done}}})
            case ["projects", "p1", "fund" | "publish"]:
                return ok({})
            case ["projects", "p1", "items:import"]:
                return self.take_items(request.content)
            case ["import-jobs", _]:
                count = len(self.items)
                return ok({"state": "succeeded", "imported": count, "findings": {"EMAIL": 2}, "errors": []})
            case ["projects", "p1", "items"]:
                rows = [
                    {"id": i, "external_id": r["id"], "payload": {"turns": r["turns"]}}
                    for i, r in self.items.items()
                ]
                return ok({"results": rows, "next": None})
            case ["projects", "p1", "claim"]:
                return self.claim(request)
            case ["assignments", lease, "submit"]:
                self.answers[self.leases[lease]].append(json.loads(request.content)["answer"])
                return ok({"id": "a"}, 201)
            case ["projects", "p1", "export"]:
                return httpx.Response(200, text="\n".join(json.dumps(row) for row in self.export()))
            case ["projects", "p1", "reviews"]:
                return ok({"results": self.queue(), "next": None})
            case ["projects", "p1", "refit"]:
                return ok({})
            case ["consensus", entry, "approve" | "correct"]:
                self.decided.add(entry)
                return ok({})
            case ["snapshots"]:
                return ok({"id": "s1"}, 201)
            case ["runs"]:
                run = str(uuid.uuid4())
                self.runs[run] = json.loads(request.content)["field"]
                return ok({"id": run, "state": "queued"}, 201)
            case ["runs", run]:
                return ok(self.run_json(run))
            case ["models", _, "versions", _, "promote"] | ["predictions", _, "feedback"]:
                return ok({})
            case ["models", name, "predict"]:
                return self.predict(name, json.loads(request.content)["items"])
        return httpx.Response(404, json={"detail": "no such path"})

    def take_items(self, body):
        for line in body.decode().splitlines():
            self.items[str(uuid.uuid4())] = json.loads(line)
        return ok({"job": {"id": "j1"}}, 202)

    def claim(self, request):
        worker = request.headers["Authorization"]
        free = [i for i in self.items if worker not in self.taken[i] and len(self.taken[i]) < self.overlap][
            :5
        ]
        if not free:
            return httpx.Response(204)
        given = []
        for item in free:
            self.taken[item].add(worker)
            lease = str(uuid.uuid4())
            self.leases[lease] = item
            given.append(
                {"id": lease, "item": {"id": item, "turns": self.items[item]["turns"]}, "fields": []}
            )
        return ok({"assignments": given}, 201)

    def export(self):
        """Everybody's first word is final, but for the items in the queue."""
        doubtful = list(self.answers)[:10]
        for item, given in self.answers.items():
            line = {"id": self.items[item]["id"], "confidence": {}}
            yield line if item in doubtful else {**line, "approved": given[0]}

    def queue(self):
        rows = [
            {"id": f"{item}.{field}", "item": {"id": item}, "field": field, "value": value}
            for item in list(self.answers)[:10]
            for field, value in self.answers[item][0].items()
        ]
        return [row for row in rows if row["id"] not in self.decided]

    def run_json(self, run):
        evaluation = {"test": REPORT, "baseline": BASELINE}
        model = {"name": self.runs[run], "version": 1}
        return {"id": run, "state": "succeeded", "progress": 1, "evaluation": evaluation, "model": model}

    def predict(self, name, items):
        empty = {"qa": [], "intent": "refund", "emotion": []}[name]
        ids = [str(uuid.uuid4()) for _ in items]
        return ok({"prediction_ids": ids, "results": [{"value": empty, "confidence": 0.5}] * len(items)})


@pytest.fixture(scope="session")
def fake_server():
    """The class, so that a test can make its own server with its own faults."""
    return FakeServer
