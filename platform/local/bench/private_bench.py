"""What differential privacy costs: the intent of a customer's first message, learned without it and within
two budgets, on dialogues made for this bench; with `--data FOLDER`, on the ten most frequent intents of
BANKING77.

A conversation is one unit. All three are `python -m training.engine fit` with a shipped recipe, nothing tuned
here: “starter” without, “private” within the budget; one thread, one after another. `ratio` is how many real
tokens a second of training takes in with privacy, over that without. `auc` is the membership inference figure
of the report (0.5: nobody can tell who was trained on).
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from local.bench.command import Settings
from local.bench.intents_bench import read_rows
from local.demo.compose import compose
from local.entry import ROOT
from local.errors import LocalError
from training.engine.data import Row, write_arrow
from training.engine.recipes import PRIVATE, STARTER, written_out

LABELS = 10
ITEMS, QUICK_ITEMS, TEST_ITEMS, DEV_ITEMS = 2000, 300, 400, 100
QUICK_EPOCHS = 2
RUNS: dict[str, dict[str, Any]] = {
    "plain": {"name": STARTER}, "epsilon_8": {"name": PRIVATE, "dp_epsilon": 8.0},
    "epsilon_3": {"name": PRIVATE, "dp_epsilon": 3.0},
}  # fmt: skip
SEED = 13


def run(settings: Settings) -> dict[str, Any]:
    """`{"settings", "figures"}`: accuracy, membership AUC, spent epsilon and speed of each of RUNS."""
    items = settings.items or (QUICK_ITEMS if settings.quick else ITEMS)
    epochs = settings.epochs or (QUICK_EPOCHS if settings.quick else None)
    asked = {"epochs": epochs} if epochs else {}
    made = read(settings.data) if settings.data else made_up(items + DEV_ITEMS + TEST_ITEMS)
    splits = parted(made, items)
    found = {name: _fit(splits, {**recipe, **asked}) for name, recipe in RUNS.items()}
    figures: dict[str, float] = {}
    for name, (report, card) in found.items():
        figures |= {f"{key}_{name}": value for key, value in _figures(report, card).items()}
    for name in list(RUNS)[1:]:
        figures[f"ratio_{name}"] = round(
            figures[f"tokens_per_second_{name}"] / figures["tokens_per_second_plain"], 3
        )
    figures["accuracy_rule"] = round(found["plain"][0]["baseline"]["accuracy"], 4)
    return {
        "settings": {"items": len(splits["train"]), "epochs": epochs, "test_items": TEST_ITEMS},
        "figures": figures,
    }


def made_up(count: int) -> list[Row]:
    """Dialogues of the demo's making, each a conversation of its own: the first message and its intent."""
    made = [compose("en", "train", f"private-bench-{n}") for n in range(count)]
    return [
        Row(id=str(n), payload={"text": one["turns"][0]["text"]}, value=one["truth"]["intent"])
        for n, one in enumerate(made)
    ]


def read(folder: Path) -> list[Row]:
    """The texts of the LABELS most frequent labels of BANKING77, training and test rows together."""
    rows = [row for name in ("train", "test") for row in read_rows(folder / f"banking77_{name}.csv", name)]
    kept = {label for label, _ in Counter(row.value for row in rows).most_common(LABELS)}
    return [row for row in rows if row.value in kept]


def parted(rows: Sequence[Row], items: int) -> dict[str, list[Row]]:
    """By lot, so that members and others differ in nothing but having been trained on."""
    order = np.random.default_rng(SEED).permutation(len(rows))
    drawn = [rows[place] for place in order]
    test, dev = drawn[:TEST_ITEMS], drawn[TEST_ITEMS : TEST_ITEMS + DEV_ITEMS]
    return {"train": drawn[TEST_ITEMS + DEV_ITEMS :][:items], "dev": dev, "test": test}


def _figures(report: dict[str, Any], card: dict[str, Any]) -> dict[str, float]:
    told = report["memorisation"]["membership"]
    found = {
        "accuracy": round(report["test"]["accuracy"], 4), "auc": round(told["auc"], 4),
        "tokens_per_second": round(card["tokens_per_second"], 1),
        "cpu_seconds": round(card["cpu_seconds"], 1),
    }  # fmt: skip
    if privacy := report["privacy"]:
        found |= {"spent": round(privacy["epsilon"], 3), "noise": round(privacy["noise_multiplier"], 3)}
    return found


def _fit(
    splits: Mapping[str, Sequence[Row]], recipe: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Report and card of one run, in a process of its own. Raises LocalError when it fails."""
    labels = sorted({row.value for part in splits.values() for row in part})
    field = {"name": "intent", "type": "choice", "labels": labels}
    config = {"head": "choice", "field": field, "seed": SEED, "threads": 1, **written_out(recipe)}
    with tempfile.TemporaryDirectory(prefix="manyhands-bench-") as name:
        folder = Path(name)
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
        for split, part in splits.items():
            write_arrow(folder / f"{split}.arrow", part)
        command = [sys.executable, "-m", "training.engine", "fit", str(folder)]
        environ = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}", "HF_HUB_OFFLINE": "1"}
        before = os.times()
        done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
        spent = cpu_seconds(before, os.times())
        if done.returncode:
            raise LocalError(f"The engine ended with {done.returncode}: {done.stderr.strip()[-500:]}")
        files = (folder / "report.json", folder / "model" / "card.json")
        report, card = (json.loads(file.read_text(encoding="utf-8")) for file in files)
    return report, {**card, "cpu_seconds": spent}


def cpu_seconds(before: os.times_result, after: os.times_result) -> float:
    """What ended children took of a processor between the two; a clock says more of who else works here."""
    return after.children_user + after.children_system - before.children_user - before.children_system
