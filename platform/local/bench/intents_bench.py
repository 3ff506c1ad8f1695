"""Intents of BANKING77 (Casanueva et al. 2020, CC BY 4.0): test accuracy of the shipped recipes.

`manage.py bench intents --data FOLDER` with banking77_train.csv, banking77_test.csv (columns text, category)
and banking77_categories.json. Without --per-class the whole training set is learned with the recipe
"thorough"; with it, that many texts of each label, drawn --draws times from the training set, with "few
examples". A run is `python -m training.engine fit`, as on a trainer. All chosen texts train: the recipes keep
the last weights, so nothing is chosen by looking at dev or test rows, and the dev rows are only some of those
that train.
"""

import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from local.bench.command import Settings
from local.entry import ROOT
from local.errors import LocalError
from training.engine.data import Row, write_arrow
from training.engine.recipes import FEW, THOROUGH, written_out

DRAWS, DEV_ROWS = 5, 200
# Student's t for a 95 % interval of a mean of n draws, n from 2 to 10.
_T = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 7: 2.45, 8: 2.36, 9: 2.31, 10: 2.26}


def run(settings: Settings) -> dict[str, Any]:
    """`{"settings", "figures"}`: accuracy on the test rows in per cent, minutes of training."""
    if (folder := settings.data) is None:
        raise LocalError("Give the folder with the BANKING77 files by --data.")
    train, test = (read_rows(folder / f"banking77_{name}.csv", name) for name in ("train", "test"))
    labels = json.loads((folder / "banking77_categories.json").read_text(encoding="utf-8"))
    few, draws = settings.per_class, (settings.draws or DRAWS) if settings.per_class else 1
    name = FEW if few else THOROUGH
    reports = [
        _fit(draw(train, few, seed) if few else train, test, labels, name, seed) for seed in range(draws)
    ]
    accuracies = [100 * report["accuracy"] for report in reports]
    figures = {"accuracy": round(statistics.mean(accuracies), 2), **_interval(accuracies)}
    figures["minutes"] = round(sum(report["seconds"] for report in reports) / 60, 1)
    figures["cpu_minutes"] = round(sum(report["cpu_seconds"] for report in reports) / 60, 1)
    about = {"recipe": name, "data": folder.name, "per_class": few, "draws": draws, "test_rows": len(test)}
    return {
        "settings": {**about, "accuracies": [round(value, 2) for value in accuracies]},
        "figures": figures,
    }


def draw(rows: Sequence[Row], count: int, seed: int) -> list[Row]:
    """`count` rows of each label, or all where there are fewer."""
    generator = np.random.default_rng(seed)
    kinds: dict[str, list[Row]] = {}
    for row in rows:
        kinds.setdefault(row.value, []).append(row)
    return [kind[index] for kind in kinds.values() for index in generator.permutation(len(kind))[:count]]


def read_rows(path: Path, prefix: str) -> list[Row]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [
                Row(id=f"{prefix}{number}", payload={"text": line["text"]}, value=line["category"])
                for number, line in enumerate(csv.DictReader(file))
            ]
    except (OSError, KeyError) as error:
        raise LocalError(f"{path} cannot be read as BANKING77: {error}. Give its folder by --data.") from None


def _fit(
    train: Sequence[Row], test: Sequence[Row], labels: Sequence[str], recipe: str, seed: int
) -> dict[str, float]:
    """Accuracy on the test rows, seconds and processor seconds of the whole process."""
    field = {"name": "intent", "type": "choice", "labels": list(labels)}
    config = {"head": "choice", "field": field, "seed": 13 + seed, **written_out({"name": recipe})}
    with tempfile.TemporaryDirectory(prefix="manyhands-bench-") as name:
        folder = Path(name)
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
        for split, rows in (("train", train), ("dev", train[:DEV_ROWS]), ("test", test)):
            write_arrow(folder / f"{split}.arrow", rows)
        began, before = time.monotonic(), os.times()
        command = [sys.executable, "-m", "training.engine", "fit", str(folder)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        after = os.times()
        if done.returncode:
            raise LocalError(f"The engine ended with {done.returncode}: {done.stderr.strip()[-500:]}")
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return {
        "accuracy": report["test"]["accuracy"], "seconds": time.monotonic() - began, "cpu_seconds": spent
    }  # fmt: skip


def _interval(values: Sequence[float]) -> dict[str, float]:
    """The 95 % interval of the mean over draws, where there are several."""
    if len(values) not in _T:
        return {}
    margin = _T[len(values)] * statistics.stdev(values) / len(values) ** 0.5
    mean = statistics.mean(values)
    return {"low": round(mean - margin, 2), "high": round(mean + margin, 2)}
