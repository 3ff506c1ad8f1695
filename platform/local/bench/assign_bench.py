"""Claim and submit, as many people at once do it: over keep-alive HTTP against the whole stack.

For projects of 1,000 to 1,000,000 items. Afterwards the database is asked whether anything was given out too
often, counted twice or lost, and the same statements are run by pgbench: what PostgreSQL alone would allow.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2

from local.bench import usage
from local.bench.command import Settings
from local.bench.load import Annotator, work
from local.bench.stack import Stack, stack
from local.entry import ROOT
from local.errors import LocalError

SIZES, HEAD = (1_000, 10_000, 100_000, 1_000_000), 100_000
ANNOTATORS, SECONDS, OVERLAP = 16, 15.0, 3
WARM_UP = 3.0
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


def run(settings: Settings) -> dict[str, Any]:
    """`{"settings", "figures"}`: milliseconds, counts, and the share of what bare SQL reaches."""
    sizes = (settings.items,) if settings.items else SIZES
    people, seconds = settings.annotators or ANNOTATORS, settings.seconds or SECONDS
    head = sizes[0] if settings.items else HEAD
    acknowledged: list[str] = []
    measured: dict[int, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="manyhands-bench-") as folder, stack(Path(folder)) as site:
        for items in sizes:
            annotators, measured[items] = _measure(site, make_crowd(site, items, people), seconds)
            acknowledged += [answer for one in annotators for answer in one.acknowledged]
        faults = _faults(site, acknowledged)
        limit = _sql_limit(site, head, people)
    figures = {**measured[head], **faults, **_by_size(measured)}
    figures["share_of_sql_limit"] = round(figures["pairs_per_second"] / limit, 3)
    chosen = {"items": head, "annotators": people, "seconds": seconds, "overlap": OVERLAP}
    return {"settings": {**chosen, "sql_pairs_per_second": round(limit, 1)}, "figures": figures}


def make_crowd(site: Stack, items: int, people: int, overlap: int = OVERLAP) -> dict[str, Any]:
    crowd: dict[str, Any] = in_stack(site, ["local.bench.crowd", str(items), str(people), str(overlap)])
    return crowd


def _measure(site: Stack, crowd: dict[str, Any], seconds: float) -> tuple[list[Annotator], dict[str, float]]:
    """The annotators after `seconds` of work beyond the warm-up, and the figures of those seconds."""
    annotators = [Annotator(site.url, crowd["project"], token) for token in crowd["tokens"]]
    work(annotators, min(WARM_UP, seconds))
    for one in annotators:
        one.forget_times()
    before = usage.seconds()
    took = work(annotators, seconds)
    after = usage.seconds()
    pairs = sum(len(one.submits) for one in annotators)
    if not pairs:
        raise LocalError("All items were answered before the measurement began. Use more --items.")
    spent = {part: round(1000 * (after[part] - before.get(part, 0.0)) / pairs, 2) for part in after}
    figures = {"pairs_per_second": round(pairs / took, 1), **_times(annotators)}
    return annotators, {**figures, **{f"cpu_{part}_ms_per_pair": ms for part, ms in spent.items()}}


def _times(annotators: Sequence[Annotator]) -> dict[str, float]:
    figures: dict[str, float] = {}
    for name in ("claim", "submit"):
        times = [ms for one in annotators for ms in (one.claims if name == "claim" else one.submits)]
        cuts = statistics.quantiles(times, n=100, method="inclusive") if len(times) > 1 else times * 99
        figures |= {f"{name}_p{n}_ms": round(cuts[n - 1] * 1000, 2) for n in (50, 95, 99)}
    return figures


def _by_size(measured: dict[int, dict[str, float]]) -> dict[str, float]:
    """What shows whether the number of items matters, when there was more than one."""
    if len(measured) < 2:
        return {}
    names = ("pairs_per_second", "claim_p50_ms", "claim_p95_ms", "claim_p99_ms", "submit_p95_ms")
    by_size = {f"{name}_at_{items}": measured[items][name] for items in measured for name in names}
    large, small = measured[1_000_000], measured[10_000]
    ratios = {
        f"{name}_ratio": round(large[f"{name}_ms"] / small[f"{name}_ms"], 2)
        for name in ("claim_p95", "submit_p95")
    }
    return {**by_size, **ratios}


def _faults(site: Stack, acknowledged: Sequence[str]) -> dict[str, int]:
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
    """Pairs a second of the same statements by pgbench, in a project of the same size."""
    crowd = make_crowd(site, items, people)
    return float(in_stack(site, ["local.bench.bare_sql"], json.dumps(crowd)))


def in_stack(site: Stack, module: list[str], text: str = "") -> Any:
    done = subprocess.run(
        [sys.executable, "-m", *module],
        input=text, env={**site.environ}, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise LocalError(f"{module[0]} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)
