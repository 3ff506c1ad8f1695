"""Freezing a tenth of the items, then all: seconds and peak memory, each in a process of its own."""

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

ITEMS = 1_000_000


def run(settings: Settings) -> dict[str, Any]:
    """`{"settings", "figures"}`; `grown_mb` is what the whole takes beyond a tenth of it."""
    items = settings.items or ITEMS
    with (
        tempfile.TemporaryDirectory(prefix="manyhands-bench-") as folder,
        stack(Path(folder), workers=False) as site,
    ):
        tenth, whole = _frozen(site, max(items // 10, 100)), _frozen(site, items)
    return {
        "settings": {"items": items},
        "figures": {
            **{f"tenth_{name}": value for name, value in tenth.items()},
            **whole,
            "grown_mb": round(whole["peak_mb"] - tenth["peak_mb"], 1),
        },
    }


def _frozen(site: Stack, items: int) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "local.bench.frozen", str(items)],
        env={**site.environ}, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise LocalError(f"The snapshot could not be made:\n{done.stderr[-2000:]}")
    made: dict[str, float] = json.loads(done.stdout)
    return made
