import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from training import engine_process
from training.assessing import labels_of, languages_of
from training.engine.evaluation.outcomes import read_outcomes
from training.engine.evaluation.slices import slices_json, slices_of
from training.evaluation_data import Unreadable, languages_in, to_arrow
from training.management.commands.train import print_report
from training.models import Model, ModelVersion

SECONDS = 3600.0


class Command(BaseCommand):
    help = (
        "Test a model on labelled data: JSON Lines with “approved” answers, or an Arrow file of a snapshot."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("model", help="a model's name, with “@3” for its version 3")
        parser.add_argument("--data", required=True, type=Path)
        parser.add_argument("--json", action="store_true", help="print the whole report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        version = find_version(options["model"])
        with tempfile.TemporaryDirectory() as scratch:
            report = evaluate(version, options["data"], Path(scratch))
        if options["json"]:
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=2))
        else:
            self.stdout.write(f"{version.model.name} version {version.number}, {report['rows']} items")
            console = Console(file=sys.stdout)
            print_report(console, report, None)
            print_parts(console, report)


def find_version(text: str) -> ModelVersion:
    """The version named, else the one in production, else the newest."""
    name, _at, number = text.partition("@")
    model = Model.objects.filter(name=name).first()
    versions = ModelVersion.objects.filter(model=model).select_related("model", "snapshot", "run__snapshot")
    if number:
        found = versions.filter(number=int(number)).first() if number.isdecimal() else None
    else:
        found = (
            versions.filter(stage=ModelVersion.Stage.PRODUCTION).first()
            or versions.order_by("-number").first()
        )
    if found is None:
        known = ", ".join(Model.objects.order_by("name").values_list("name", flat=True)) or "none yet"
        raise CommandError(f"No such model or version: {text}. Models: {known}.")
    return found


def evaluate(version: ModelVersion, data: Path, scratch: Path) -> dict[str, Any]:
    """The classification report with reliability and slices."""
    out, log, kept = scratch / "report.json", scratch / "log", scratch / "outcomes.arrow"
    try:
        rows = (
            data if data.suffix == ".arrow" else to_arrow(data, version.model.field, scratch / "data.arrow")
        )
    except (Unreadable, OSError) as error:
        raise CommandError(str(error)) from None
    if not engine_process.evaluate(version.folder, rows, out, log=log, seconds=SECONDS, outcomes=kept):
        said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise CommandError(said[-1] if said else "The evaluation took too long.")
    report: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    outcomes = list(read_outcomes(kept))
    ids = {outcome.id for outcome in outcomes}
    languages = languages_of(ids) if data.suffix == ".arrow" else languages_in(data)
    metric = version.metrics["metric"]
    parts = slices_of(outcomes, metric=metric, labels=labels_of(version.run), languages=languages)
    return {**report, "metric": metric, "slices": slices_json(parts)}


def print_parts(console: Console, report: dict[str, Any]) -> None:
    """How far its confidence can be trusted, and the figure of each part of the data."""
    trusted = report["reliability"]
    console.print(
        f"calibration error {trusted['ece']:.3f}, Brier score {trusted['brier']:.3f} "
        f"({trusted['decisions']:,} decisions)", highlight=False,
    )  # fmt: skip
    for part in report["slices"]:
        if part["kind"] != "label":
            console.print(
                f"{report['metric']} of {part['kind']} {part['name']}: {part['value']:.3f} "
                f"[{part['low']:.3f}, {part['high']:.3f}], {part['units']:,} units",
                markup=False, highlight=False,
            )  # fmt: skip
