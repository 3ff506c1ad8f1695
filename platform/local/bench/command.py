"""`manage.py bench NAME [--json]`: run one measurement in an installation of its own."""

import argparse
import json
from dataclasses import dataclass, fields
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from local.errors import LocalError

NAMES = (
    "assign", "import", "consensus", "train", "serve", "export", "page", "intents", "active", "snapshot",
    "pii", "grading",
    "erasure",
    "private",
    "leak",
    "applications",
    "triage",
    "recommend",
    "analysis",
    "monitor",
    "feed",
    "retrieval",
    "answers",
    "dashboards",
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """What the person asked for; each bench takes its own default for what is None."""

    items: int | None = None
    annotators: int | None = None
    seconds: float | None = None
    epochs: int | None = None
    data: Path | None = None
    quick: bool = False
    per_class: int | None = None
    draws: int | None = None
    model: bool = False
    subjects: int | None = None
    secrets: int | None = None
    only: str | None = None


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="manage.py bench", description="Measure one part.")
    parser.add_argument("name", help=", ".join(NAMES))
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--items", type=int)
    parser.add_argument("--annotators", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--epochs", type=int, help="train: passes over the data")
    parser.add_argument(
        "--data",
        type=Path,
        help="train: a JSON Lines file instead of the shipped dialogues; intents, active, pii: a folder",
    )
    parser.add_argument("--quick", action="store_true", help="train: fewer dialogues and epochs")
    parser.add_argument("--per-class", type=int, help="intents: texts of each label, drawn at random")
    parser.add_argument("--draws", type=int, help="intents, active, triage: how many times they are drawn")
    parser.add_argument(
        "--model",
        action="store_true",
        help="pii: with a span model beside the rules; retrieval: with a tuned encoder",
    )
    parser.add_argument("--subjects", type=int, help="erasure: people who occur in dialogues")
    parser.add_argument("--secrets", type=int, help="leak: how many are planted")
    parser.add_argument("--only", help="applications, analysis: some of them, with commas between")
    options = parser.parse_args(arguments)
    wanted = vars(options)
    settings = Settings(**{entry.name: wanted[entry.name] for entry in fields(Settings)})
    report = measure(options.name, settings)
    print(json.dumps(report) if options.json else table(report))
    return 0


def measure(name: str, settings: Settings) -> dict[str, Any]:
    """`{"name", "settings", "figures"}`. A bench is a module `local.bench.NAME_bench` with
    `run(settings) -> {"settings": ..., "figures": ...}`. Raises LocalError for an unknown name."""
    module = f"local.bench.{name}_bench"
    if name not in NAMES or find_spec(module) is None:
        there = [known for known in NAMES if find_spec(f"local.bench.{known}_bench")]
        raise LocalError(f"There is no bench {name!r}. There are: {', '.join(there) or 'none yet'}.")
    return {"name": name, **import_module(module).run(settings)}


def table(report: dict[str, Any]) -> str:
    rows = [
        (f"{key}", f"{value:,}" if isinstance(value, int | float) else str(value))
        for key, value in report["figures"].items()
    ]
    width = max((len(key) for key, _ in rows), default=0)
    return "\n".join([report["name"], *(f"  {key:<{width}}  {value:>14}" for key, value in rows)])
