"""Claim and submit, as many people at once do it: over keep-alive HTTP against the whole stack.

Afterwards the database is asked whether anything was given out too often, counted twice or lost.
"""

import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg2

from local.bench.command import Settings
from local.bench.stack import Stack, stack
from local.entry import ROOT
from local.errors import LocalError

ITEMS, ANNOTATORS, SECONDS, OVERLAP = 10_000, 16, 15.0, 3
WARM_UP = 3.0
SQL_SECONDS = 5.0
ANSWER = {"intent": "refund", "qa": [{"turn": 4, "start": 0, "end": 45, "label": "question"}]}
TOO_OFTEN = """
SELECT count(*) FROM (
    SELECT 1 FROM tasks_app_assignment a JOIN tasks_app_item i ON i.id = a.item_id
    WHERE a.state IN ('leased', 'submitted') GROUP BY i.id HAVING count(*) > %s) t
"""
TWICE = """
SELECT (SELECT count(*) FROM (SELECT 1 FROM tasks_app_assignment GROUP BY item_id, worker_id
                              HAVING count(*) > 1) t)
     + (SELECT count(*) FROM (SELECT 1 FROM annotations_answer GROUP BY item_id, worker_id
                              HAVING count(*) > 1) t)
"""
STORED = "SELECT id::text FROM annotations_answer WHERE source = 'crowd'"


@dataclass
class Annotator:
    """One person in a thread of their own: claim one item, submit it, and again."""

    url: str
    project: str
    token: str
    claims: list[float] = field(default_factory=list)
    submits: list[float] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)

    def work(self, start: threading.Barrier, seconds: float) -> None:
        address = urlsplit(self.url)
        with closing(http.client.HTTPConnection(address.netloc, timeout=60)) as connection:
            start.wait()
            begin = time.monotonic() + WARM_UP
            while (now := time.monotonic()) < begin + seconds:
                if not self._pair(connection, counted=now >= begin):
                    return

    def _pair(self, connection: http.client.HTTPConnection, *, counted: bool) -> bool:
        """False when nothing is left to do."""
        taken, claim_seconds = self._post(connection, f"projects/{self.project}/claim", {"count": 1})
        if taken is None:
            return False
        body = {"answer": ANSWER, "seconds": 5}
        for lent in taken["assignments"]:
            done, submit_seconds = self._post(connection, f"assignments/{lent['id']}/submit", body)
            self.acknowledged.append(done["id"])
        if counted:
            self.claims.append(claim_seconds)
            self.submits.append(submit_seconds)
        return True

    def _post(self, connection: http.client.HTTPConnection, path: str, body: Any) -> tuple[Any, float]:
        headers = {
            "Authorization": f"Token {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": str(uuid4()),
        }
        began = time.perf_counter()
        connection.request("POST", f"/api/v1/{path}", json.dumps(body), headers)
        answer = connection.getresponse()
        content = answer.read()
        seconds = time.perf_counter() - began
        if answer.status == 204:
            return None, seconds
        if answer.status != 201:
            raise LocalError(
                f"POST {path} answered {answer.status}: {content[:500].decode(errors='replace')}"
            )
        return json.loads(content), seconds


def run(settings: Settings) -> dict[str, Any]:
    """`{"settings", "figures"}`: milliseconds, counts, and the share of what bare SQL reaches."""
    items, people = settings.items or ITEMS, settings.annotators or ANNOTATORS
    seconds = settings.seconds or SECONDS
    with tempfile.TemporaryDirectory(prefix="manyhands-bench-") as folder, stack(Path(folder)) as site:
        crowd = make_crowd(site, items, people)
        annotators, pairs_per_second = at_work(site, crowd, seconds)
        figures = {"pairs_per_second": pairs_per_second, **_times(annotators), **_faults(site, annotators)}
        limit = _sql_limit(site, items, people)
    figures["share_of_sql_limit"] = round(pairs_per_second / limit, 3)
    chosen = {"items": items, "annotators": people, "seconds": seconds, "overlap": OVERLAP}
    return {"settings": {**chosen, "sql_pairs_per_second": round(limit, 1)}, "figures": figures}


def make_crowd(site: Stack, items: int, people: int, overlap: int = OVERLAP) -> dict[str, Any]:
    crowd: dict[str, Any] = _in_stack(site, ["local.bench.crowd", str(items), str(people), str(overlap)])
    return crowd


def at_work(site: Stack, crowd: dict[str, Any], seconds: float) -> tuple[list[Annotator], float]:
    """The annotators after `seconds` of work beyond the warm-up, and their pairs a second."""
    annotators = [Annotator(site.url, crowd["project"], token) for token in crowd["tokens"]]
    start = threading.Barrier(len(annotators) + 1)
    with ThreadPoolExecutor(len(annotators)) as pool:
        working = [pool.submit(annotator.work, start, seconds) for annotator in annotators]
        start.wait()
        began = time.monotonic() + WARM_UP
        for done in working:
            done.result()
        took = max(time.monotonic() - began, 0.001)
    pairs = sum(len(annotator.submits) for annotator in annotators)
    if not pairs:
        raise LocalError("All items were answered before the measurement began. Use more --items.")
    return annotators, round(pairs / took, 1)


def _times(annotators: list[Annotator]) -> dict[str, float]:
    figures: dict[str, float] = {}
    for name in ("claim", "submit"):
        times = sorted(ms for one in annotators for ms in (one.claims if name == "claim" else one.submits))
        cuts = statistics.quantiles(times, n=20, method="inclusive") if len(times) > 1 else times * 19
        figures |= {f"{name}_p50_ms": round(cuts[9] * 1000, 2), f"{name}_p95_ms": round(cuts[18] * 1000, 2)}
    return figures


def _faults(site: Stack, annotators: list[Annotator]) -> dict[str, int]:
    acknowledged = [answer for annotator in annotators for answer in annotator.acknowledged]
    with _database(site) as cursor:
        cursor.execute(TOO_OFTEN, [OVERLAP])
        over_assigned = int(cursor.fetchone()[0])
        cursor.execute(TWICE)
        duplicated = int(cursor.fetchone()[0])
        cursor.execute(STORED)
        stored = {row[0] for row in cursor.fetchall()}
    duplicated += len(acknowledged) - len(set(acknowledged))
    return {
        "over_assigned": over_assigned,
        "duplicated": duplicated,
        "lost": len(set(acknowledged) - stored),
    }


@contextmanager
def _database(site: Stack) -> Iterator[Any]:
    with closing(psycopg2.connect(site.urls.database)) as connection, connection.cursor() as cursor:
        yield cursor


def _sql_limit(site: Stack, items: int, people: int) -> float:
    """Pairs a second of the same work as bare SQL, in a project of the same size, with as many threads."""
    crowd = make_crowd(site, items, people)
    return float(_in_stack(site, ["local.bench.bare_sql", str(SQL_SECONDS)], json.dumps(crowd)))


def _in_stack(site: Stack, module: list[str], text: str = "") -> Any:
    done = subprocess.run(
        [sys.executable, "-m", *module],
        input=text, env={**site.environ}, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise LocalError(f"{module[0]} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)
