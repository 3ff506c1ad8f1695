"""How long an analysis takes, part by part: `--items` is the number of turns (eight to a dialogue).

With `--data`, a folder with banking77_train.csv, label errors are planted and looked for instead.
Wall and processor seconds both: on a machine that does other things the second is what can be compared.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from local.bench.chats import TURNS, write_chats
from local.bench.command import Settings
from local.bench.planted import FOLDS, NOISE, found_errors
from local.bench.stack import stack
from local.entry import ROOT
from local.errors import LocalError

ITEMS = 10_000


def run(settings: Settings) -> dict[str, Any]:
    """`{"settings", "figures"}`; `--only` measures some parts, with commas between."""
    if settings.data is not None:
        return {"settings": {"noise": NOISE, "folds": FOLDS}, "figures": found_errors(settings.data)}
    turns = settings.items or ITEMS
    with tempfile.TemporaryDirectory(prefix="manyhands-bench-") as folder:
        chats = Path(folder, "chats.jsonl")
        write_chats(chats, max(1, turns // TURNS))
        with stack(Path(folder), workers=False) as site:
            done = subprocess.run(
                [sys.executable, "-m", "local.bench.analysed", str(chats), settings.only or ""],
                env={**site.environ}, cwd=ROOT, capture_output=True, text=True, check=False,
            )  # fmt: skip
    if done.returncode != 0:
        raise LocalError(f"The analysis could not be made:\n{done.stderr[-2000:]}")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {"settings": {"turns": turns}, "figures": figures}
