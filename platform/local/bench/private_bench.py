"""What differential privacy costs: the intent of a customer's first message, learned without it and within
two budgets, on dialogues made for this bench (no shop, and half of the products and phrases, of the test ones
occur in training).

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
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from local.bench.command import Settings
from local.demo.compose import INTENT_WEIGHTS, compose
from local.entry import ROOT
from local.errors import LocalError
from training.engine.data import Row, write_arrow
from training.engine.recipes import PRIVATE, STARTER, written_out

FIELD = {"name": "intent", "type": "choice", "labels": sorted(INTENT_WEIGHTS)}
ITEMS, QUICK_ITEMS, TEST_ITEMS, DEV_ITEMS = 2000, 300, 400, 100
EPOCHS, QUICK_EPOCHS = 12, 2
RUNS: dict[str, dict[str, Any]] = {
    "plain": {"name": STARTER}, "epsilon_8": {"name": PRIVATE, "dp_epsilon": 8.0},
    "epsilon_3": {"name": PRIVATE, "dp_epsilon": 3.0},
}  # fmt: skip
SEED = 13


def run(settings: Settings) -> dict[str, Any]:
    """`{"settings", "figures"}`: accuracy, membership AUC, spent epsilon and speed of each of RUNS."""
    items = settings.items or (QUICK_ITEMS if settings.quick else ITEMS)
    epochs = settings.epochs or (QUICK_EPOCHS if settings.quick else EPOCHS)
    train = rows("train", items)
    others = {"dev": rows("train", DEV_ITEMS, begin=items), "test": rows("test", TEST_ITEMS)}
    found = {
        name: _fit({"train": train, **others}, {**recipe, "epochs": epochs}) for name, recipe in RUNS.items()
    }
    figures: dict[str, float] = {}
    for name, (report, card) in found.items():
        figures |= {f"{key}_{name}": value for key, value in _figures(report, card).items()}
    for name in list(RUNS)[1:]:
        figures[f"ratio_{name}"] = round(
            figures[f"tokens_per_second_{name}"] / figures["tokens_per_second_plain"], 3
        )
    figures["accuracy_rule"] = round(found["plain"][0]["baseline"]["accuracy"], 4)
    return {"settings": {"items": items, "epochs": epochs, "test_items": TEST_ITEMS}, "figures": figures}


def rows(split: str, count: int, *, begin: int = 0) -> list[Row]:
    """Made-up dialogues, each a conversation of its own: the first message and its intent."""
    made = [compose("en", split, f"private-bench-{split}-{begin + n}") for n in range(count)]
    return [
        Row(id=f"{split}{begin + n}", payload={"text": one["turns"][0]["text"]}, value=one["truth"]["intent"])
        for n, one in enumerate(made)
    ]


def _figures(report: dict[str, Any], card: dict[str, Any]) -> dict[str, float]:
    told = report["memorisation"]["membership"]
    found = {
        "accuracy": round(report["test"]["accuracy"], 4), "auc": round(told["auc"], 4),
        "tokens_per_second": round(card["tokens_per_second"], 1),
    }  # fmt: skip
    if privacy := report["privacy"]:
        found |= {"spent": round(privacy["epsilon"], 3), "noise": round(privacy["noise_multiplier"], 3)}
    return found


def _fit(splits: dict[str, Sequence[Row]], recipe: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Report and card of one run, in a process of its own. Raises LocalError when it fails."""
    config = {"head": "choice", "field": FIELD, "seed": SEED, "threads": 1, **written_out(recipe)}
    with tempfile.TemporaryDirectory(prefix="manyhands-bench-") as name:
        folder = Path(name)
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
        for split, part in splits.items():
            write_arrow(folder / f"{split}.arrow", part)
        command = [sys.executable, "-m", "training.engine", "fit", str(folder)]
        environ = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}", "HF_HUB_OFFLINE": "1"}
        done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LocalError(f"The engine ended with {done.returncode}: {done.stderr.strip()[-500:]}")
        files = (folder / "report.json", folder / "model" / "card.json")
        report, card = (json.loads(file.read_text(encoding="utf-8")) for file in files)
    return report, card
