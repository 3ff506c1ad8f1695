import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from training import engine_process
from training.evaluation_data import Unreadable, to_arrow
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
            print_report(Console(file=sys.stdout), report, None)


def find_version(text: str) -> ModelVersion:
    """The version named, else the one in production, else the newest."""
    name, _at, number = text.partition("@")
    model = Model.objects.filter(name=name).first()
    versions = ModelVersion.objects.filter(model=model).select_related("model", "snapshot")
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
    out, log = scratch / "report.json", scratch / "log"
    try:
        rows = (
            data if data.suffix == ".arrow" else to_arrow(data, version.model.field, scratch / "data.arrow")
        )
    except (Unreadable, OSError) as error:
        raise CommandError(str(error)) from None
    if not engine_process.evaluate(version.folder, rows, out, log=log, seconds=SECONDS):
        said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise CommandError(said[-1] if said else "The evaluation took too long.")
    report: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return report
