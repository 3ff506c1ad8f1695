"""Fine-tuning on spans: the plain loop, the Hugging Face Trainer with its defaults, and ours, one by one.

Same starter model, same training and test dialogues, same texts (a turn and, beside it, the turn before),
same number of epochs, same seed; each in a process of its own, one after another.

* plain: `padding="max_length"` of 128, batches of 16, float32, AdamW at 5e-5, tokenizing in every epoch.
* trainer: tokenized once, everything else as `TrainingArguments` has it: 8 a batch padded to the longest,
  float32, fused AdamW at 5e-5 falling to zero, a checkpoint every 500 steps.
* ours: `python -m training.engine fit` with the shipped recipe, nothing set.

No text is cut by any of them (the longest has fewer than 128 tokens). Seconds run from the loaded libraries
to the final weights: loading the model and tokenizing count for all, and for ours also what the others do not
do: fitting the head first, judging the dev rows after every epoch, and writing checkpoints that survive a
crash. A token is real when it is no padding; each contestant counts what it trained on. F1 is strict micro F1
of the spans of the test dialogues, by one scorer. Peak memory is the process's own resident set.

Where there is a GPU, `mfu` is the share of its peak that a training step of a BERT-base uses (gpu_use.py).
"""

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.bench import gpu_use
from local.bench.command import Settings
from local.demo.dialogues import Dialogue, read_sample
from local.entry import ROOT
from local.errors import LocalError
from training.engine.config import FitConfig
from training.engine.data import Row, write_arrow

FIELD = {"name": "qa", "type": "span", "labels": ["question", "answer"]}
SEED, DEV_SHARE = 13, 0.1
EPOCHS, QUICK_EPOCHS, QUICK_ITEMS = 6, 2, 120
CONTESTANTS = ("plain", "trainer", "ours")


@dataclass(frozen=True)
class Outcome:
    """One contestant's figures; tokens are real ones."""

    seconds: float
    tokens: int
    padding_share: float
    f1: float
    peak_mb: float
    cpu_seconds: float  # of the whole process: what a busy machine distorts less

    @property
    def tokens_per_second(self) -> float:
        return self.tokens / self.seconds


def run(settings: Settings) -> dict[str, Any]:
    """`{"settings", "figures"}`; the ratios are ours over each of the others, in real tokens per second."""
    epochs = settings.epochs or (QUICK_EPOCHS if settings.quick else EPOCHS)
    items = settings.items or (QUICK_ITEMS if settings.quick else None)
    dialogues = read_sample(settings.data, quick=False).dialogues
    with tempfile.TemporaryDirectory(prefix="manyhands-bench-") as folder:
        rows = {name: _prepare(Path(folder, name), dialogues, items, epochs) for name in CONTESTANTS}["ours"]
        outcomes = {name: CONTEST[name](Path(folder, name)) for name in CONTESTANTS}
    return {
        "settings": {"data": settings.data.name if settings.data else "shipped", "epochs": epochs, **rows},
        "figures": {**_figures(outcomes), **gpu_use.figures()},
    }


def _figures(outcomes: dict[str, Outcome]) -> dict[str, float]:
    ours = outcomes["ours"]
    figures = {f"tokens_per_second_{name}": round(one.tokens_per_second, 1) for name, one in outcomes.items()}
    for name in ("plain", "trainer"):
        figures[f"ratio_{name}"] = round(ours.tokens_per_second / outcomes[name].tokens_per_second, 2)
    for name, one in outcomes.items():
        figures |= {
            f"f1_{name}": round(one.f1, 4),
            f"seconds_{name}": round(one.seconds, 2),
            f"cpu_seconds_{name}": round(one.cpu_seconds, 2),
            f"peak_mb_{name}": round(one.peak_mb, 1),
            f"padding_share_{name}": round(one.padding_share, 4),
        }
    return {**figures, "padding_share": round(ours.padding_share, 4)}


def _prepare(folder: Path, dialogues: Sequence[Dialogue], items: int | None, epochs: int) -> dict[str, int]:
    """A run folder; the pinned test dialogues stay, a tenth of the others is dev. Returns rows by split."""
    dice = random.Random(SEED)  # noqa: S311 - a fair draw, not a secret
    chosen = dice.sample(dialogues, min(items or len(dialogues), len(dialogues)))
    known = [one for one in chosen if one.split != "test"]
    dev = max(1, round(DEV_SHARE * len(known)))
    splits = {
        "train": known[dev:],
        "dev": known[:dev],
        "test": [one for one in chosen if one.split == "test"],
    }
    folder.mkdir()
    config = FitConfig(head="span", field=FIELD, epochs=epochs, seed=SEED)
    (folder / "config.json").write_text(json.dumps(config.to_json()), encoding="utf-8")
    return {name: write_arrow(folder / f"{name}.arrow", map(_row, part)) for name, part in splits.items()}


def _row(dialogue: Dialogue) -> Row:
    return Row(id=dialogue.id, payload={"turns": list(dialogue.turns)}, value=dialogue.truth["qa"])


def _usual(folder: Path) -> Outcome:
    printed, used = _timed(["local.bench.usual_training", folder.name, str(folder)])
    figures: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return Outcome(**figures, **used)


def _ours(folder: Path) -> Outcome:
    _, used = _timed(["training.engine", "fit", str(folder)])
    card = json.loads((folder / "model" / "card.json").read_text(encoding="utf-8"))
    events = [json.loads(line) for line in (folder / "metrics.jsonl").read_text("utf-8").splitlines()]
    at = {event["state"]: event["time"] for event in events if event["event"] == "state"}
    return Outcome(
        seconds=at["evaluating"] - at["starting"],
        tokens=card["tokens"],
        padding_share=card["padding_share"],
        f1=card["report"]["test"]["micro"]["f1"],
        **used,
    )


CONTEST = {"plain": _usual, "trainer": _usual, "ours": _ours}


def _timed(module: list[str]) -> tuple[str, dict[str, Any]]:
    """What a program prints, and what it used. Raises LocalError when it fails."""
    # Waiting threads that spin would be paid for by whoever else works here: the engine has its own switch
    # for that, and here all three get it.
    environ = {
        **os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}", "GOMP_SPINCOUNT": "1000",
        "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    }  # fmt: skip
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", *module], cwd=ROOT, env=environ, stdout=out, stderr=errors
        )
        _, status, usage = os.wait4(process.pid, 0)  # unlike RUSAGE_CHILDREN, of this child alone
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        errors.seek(0)
        if process.returncode:
            raise LocalError(f"{module[0]} failed:\n{errors.read().decode()[-2000:]}")
        unit = 2**20 if sys.platform == "darwin" else 2**10  # bytes there, kilobytes elsewhere
        return out.read().decode(), {
            "peak_mb": usage.ru_maxrss / unit,
            "cpu_seconds": usage.ru_utime + usage.ru_stime,
        }
