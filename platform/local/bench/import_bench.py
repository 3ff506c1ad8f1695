"""The whole way of a file into a project: upload, check, personal data, storage; and how fast it is read."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from local.bench.chats import TURNS, write_chats
from local.bench.command import Settings
from local.bench.stack import Stack, stack
from local.entry import ROOT
from local.errors import LocalError

ITEMS = 2_000


def run(settings: Settings) -> dict[str, Any]:
    """`{"settings", "figures"}`: seconds of the import itself, without the start of its process."""
    items = settings.items or ITEMS
    with tempfile.TemporaryDirectory(prefix="manyhands-bench-") as folder:
        file = Path(folder, "dialogues.jsonl")
        write_chats(file, items)
        with stack(Path(folder, "site"), workers=False) as site:
            figures = _python(site, "local.bench.importing", str(file))
            figures |= _python(site, "local.bench.scanning", str(file))
        size = round(file.stat().st_size / 2**20, 1)
    return {"settings": {"items": items, "turns": items * TURNS, "file_mb": size}, "figures": figures}


def _python(site: Stack, module: str, file: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", module, file],
        env={**site.environ}, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise LocalError(f"The import failed:\n{done.stderr[-2000:]}")
    figures: dict[str, float] = json.loads(done.stdout)
    return figures
