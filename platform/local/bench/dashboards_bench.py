"""Every dashboard on a site of 1,000,000 items and 3,000,000 answers: each page's time and queries."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from local.bench.command import Settings
from local.bench.stack import Stack, stack
from local.entry import ROOT
from local.errors import LocalError

ITEMS, PEOPLE = 1_000_000, 1_000


def run(settings: Settings) -> dict[str, Any]:
    """`{"settings", "figures"}`: milliseconds and queries, the worst of all first, then of each page."""
    items, people = settings.items or ITEMS, settings.annotators or PEOPLE
    with tempfile.TemporaryDirectory(prefix="mh-") as folder, stack(Path(folder), workers=False) as site:
        made = _said(site, "local.bench.crowded", str(items), str(people))
        pages = _said(site, "local.bench.dashboards", json.dumps(made))
    broken = [f"{path}: {page['status']}" for path, page in pages.items() if page["status"] != 200]
    if broken:
        raise LocalError(f"Some pages could not be measured: {', '.join(broken)}")
    figures: dict[str, Any] = {
        "slowest_ms": max(page["ms"] for page in pages.values()),
        "most_queries": max(page["queries"] for page in pages.values()),
    }
    for path, page in pages.items():
        figures[path] = f"{page['ms']} ms, {page['queries']} queries"
    return {"settings": {"items": items, "answers": made["answers"], "people": people}, "figures": figures}


def _said(site: Stack, module: str, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env={**site.environ}, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise LocalError(f"{module} stopped:\n{done.stderr[-2000:]}")
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said
