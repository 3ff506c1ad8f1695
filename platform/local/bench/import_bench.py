"""The whole way of a file into a project: upload, check, personal data, storage; in one process."""

import json
import subprocess
import sys
import tempfile
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from local.bench.command import Settings
from local.bench.stack import stack
from local.demo.dialogues import SHIPPED
from local.entry import ROOT
from local.errors import LocalError

ITEMS = 2_000


def run(settings: Settings) -> dict[str, Any]:
    """`{"settings", "figures"}`: seconds of the import itself, without the start of its process."""
    items = settings.items or ITEMS
    with tempfile.TemporaryDirectory(prefix="manyhands-bench-") as folder:
        file = Path(folder, "dialogues.jsonl")
        write_dialogues(file, items)
        with stack(Path(folder, "site"), workers=False) as site:
            done = subprocess.run(
                [sys.executable, "-m", "local.bench.importing", str(file)],
                env={**site.environ}, cwd=ROOT, capture_output=True, text=True, check=False,
            )  # fmt: skip
        if done.returncode != 0:
            raise LocalError(f"The import failed:\n{done.stderr[-2000:]}")
        size = round(file.stat().st_size / 2**20, 1)
    return {"settings": {"items": items, "file_mb": size}, "figures": json.loads(done.stdout)}


def write_dialogues(file: Path, items: int) -> None:
    """The shipped dialogues over and over, each with a number of its own, so that none is a duplicate."""
    with file.open("w", encoding="utf-8") as out:
        for n, line in enumerate(islice(cycle(_shipped()), items)):
            turns = json.loads(line)["turns"]
            turns[-1]["text"] += f" ({n})"
            out.write(json.dumps({"id": f"d{n}", "turns": turns}, ensure_ascii=False) + "\n")


def _shipped() -> list[str]:
    """English and Chinese."""
    files = sorted(SHIPPED.parent.glob("*.jsonl"))
    return [line for path in files for line in path.read_text(encoding="utf-8").splitlines()]
