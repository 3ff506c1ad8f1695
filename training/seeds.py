"""One recipe trained from several seeds: what each reached, the best kept, and how far they lie apart.

RUN_DIR/seeds/SEED is an engine's folder. What it reached is written down when it has ended, so that a run
that is taken up again trains only what is missing; of the weights only the best ones are kept.
"""

import json
import shutil
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from training import spending
from training.journal import Point
from training.recipes import SEEDS
from training.registration import figure

NOTES = "seeds.json"
STEPS_APART = 10**8  # between the steps of one seed and the next in the run's figures
_DATA = {"train.arrow", "dev.arrow", "test.arrow"}  # the run's own; outcomes.arrow is a result
Note = dict[str, Any]  # seed, dev, test
_NO_RESULTS = {
    "config.json", "report.json", "metrics.jsonl", "engine.log", "lock", "cancel", "checkpoints",
}  # fmt: skip


def seeds_of(recipe: dict[str, Any]) -> list[int]:
    """The seeds of a recipe that names several: {"seeds": 3} counts up from its seed, {"seeds": [1, 5]} lists
    them. Empty for one seed."""
    asked = recipe.get(SEEDS)
    if isinstance(asked, int):
        first = int(recipe.get("seed", 13))
        asked = list(range(first, first + asked))
    return list(asked) if asked and len(asked) > 1 else []


def apart(point: Point, seed: int, part: int) -> Point:
    """The point among those of all seeds, which begin their steps anew: it keeps its own step beside."""
    values = {**point.values, "seed": seed, "seed_step": point.step}
    return Point(point.kind, part * STEPS_APART + point.step, values)


def folder_of(run_dir: Path, seed: int) -> Path:
    return run_dir / "seeds" / str(seed)


def notes_of(run_dir: Path) -> list[Note]:
    """What the seeds that have ended reached."""
    path = run_dir / NOTES
    found: list[Note] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return found


def note(run_dir: Path, seed: int, metric: str) -> None:
    """Write down what `seed` reached, and drop all weights but the best one's."""
    report = json.loads((folder_of(run_dir, seed) / "report.json").read_text(encoding="utf-8"))
    reached = {"seed": seed, **{part: figure(report.get(part), metric) for part in ("dev", "test")}}
    notes = [*(one for one in notes_of(run_dir) if one["seed"] != seed), reached]
    draft = run_dir / f".{NOTES}.draft"
    draft.write_text(json.dumps(notes), encoding="utf-8")
    draft.replace(run_dir / NOTES)
    best = best_of(notes)
    for one in notes:
        if one["seed"] != best:
            shutil.rmtree(folder_of(run_dir, one["seed"]) / "model", ignore_errors=True)


def best_of(notes: list[Note]) -> int:
    """The seed with the highest dev figure, the first of equals. What it reached on the test items is no
    reason to choose it."""
    best = max(notes, key=lambda one: (one["dev"], -notes.index(one)))
    return int(best["seed"])


def crown(run_dir: Path, metric: str) -> None:
    """Make the best seed's model and report those of the run; the report tells of the others as well."""
    notes = notes_of(run_dir)
    best = folder_of(run_dir, best_of(notes))
    for path in best.iterdir():
        if path.name not in _NO_RESULTS and path.name not in _DATA:
            _bring(path, run_dir / path.name)
    report = json.loads((best / "report.json").read_text(encoding="utf-8"))
    told = [json.loads((folder_of(run_dir, one["seed"]) / "report.json").read_text("utf-8")) for one in notes]
    report = spending.together(report, told)
    report["seeds"] = {"metric": metric, "chosen": best_of(notes), "reached": notes, **spread(notes)}
    draft = run_dir / ".report.json.draft"
    draft.write_text(json.dumps(report, ensure_ascii=False), encoding="utf-8")
    draft.replace(run_dir / "report.json")


def _bring(path: Path, target: Path) -> None:
    """Moved, not copied; what an earlier attempt brought is there already."""
    if target.is_dir():
        shutil.rmtree(target)
    path.rename(target)


def spread(notes: list[Note]) -> dict[str, dict[str, float]]:
    """Mean and sample standard deviation over the seeds, for dev and test where there is a figure."""
    found = {}
    for part in ("dev", "test"):
        values = [one[part] for one in notes if one[part] is not None]
        if len(values) > 1:
            found[part] = {"mean": mean(values), "deviation": stdev(values)}
    return found
