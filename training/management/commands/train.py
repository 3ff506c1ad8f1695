import argparse
import sys
import time
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from common.errors import DomainError
from tasks_app.models import Project
from training import trainers
from training.models import Run
from training.recipes import read_recipe
from training.services.queue import prioritise_run
from training.services.runs import start_run
from training.snapshots import current_fields
from training.tables import report_columns, report_rows

LOOK_SECONDS = 1.0


class Command(BaseCommand):
    help = "Queue a training run of a project's approved answers. Without --field: one run for each field."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("project", help="a project's id or its title")
        parser.add_argument("--field", help="the answer field to learn")
        parser.add_argument("--recipe", default="{}", help="JSON, or a file that holds it")
        parser.add_argument(
            "--search", help="look for a recipe first: JSON such as '{\"trials\": 20}', or a file"
        )
        parser.add_argument("--priority", default="normal", choices=[n.lower() for n in Run.Priority.names])
        parser.add_argument("--follow", action="store_true", help="wait, and print the classification report")

    def handle(self, *args: Any, **options: Any) -> None:
        project = find_project(options["project"])
        try:
            recipe = read_recipe(options["recipe"])
            names = [options["field"]] if options["field"] else [f.name for f in current_fields(project)[1]]
            search = read_recipe(options["search"]) if options["search"] else None
            runs = [
                start_run(project=project, field=name, recipe=recipe, search=search, actor=project.owner)
                for name in names
            ]
            if priority := Run.Priority[options["priority"].upper()]:
                # Whoever may run commands on the server may put a run before those of others.
                runs = [prioritise_run(run=run, priority=priority, actor=None) for run in runs]
        except DomainError as refused:
            details = [f"{problem.pointer}: {problem.detail}" for problem in refused.problems]
            raise CommandError("\n  ".join([refused.message, *details])) from None
        for run in runs:
            self.stdout.write(f"run {run.number} of {project.title}, field {run.field}: {run.pk}")
        if options["follow"]:
            console = Console(file=sys.stdout)
            ended = [follow(run, console) for run in runs]
            if failed := [run for run in ended if run.state != Run.State.SUCCEEDED]:
                raise CommandError("; ".join(f"run {r.number} {r.state}: {r.reason}" for r in failed))


def find_project(name: str) -> Project:
    """By id, or by title where only one project has it."""
    try:
        found = list(Project.objects.filter(pk=UUID(name)))
    except ValueError:
        found = list(Project.objects.filter(title=name)[:2])
    if len(found) != 1:
        raise CommandError(
            f"{'No' if not found else 'More than one'} project is called {name!r}. Give its id."
        )
    return found[0]


def follow(run: Run, console: Console) -> Run:
    """Show progress until the run has ended, then its report."""
    if trainers.desk().count == 0:
        console.print("No trainer is running yet; the run waits for one.")
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f} %"))
    with Progress(*columns, TimeRemainingColumn(), console=console) as bar:
        task = bar.add_task(f"run {run.number} ({run.field})", total=1.0)
        while run.is_live:
            time.sleep(LOOK_SECONDS)
            run.refresh_from_db()
            bar.update(
                task, completed=run.progress, description=f"run {run.number} ({run.field}) {run.state}"
            )
    if run.report and run.report.get("test"):
        print_report(console, run.report["test"], run.report.get("baseline"))
    return run


def print_report(console: Console, report: dict[str, Any], baseline: dict[str, Any] | None) -> None:
    """The classification report as aligned columns."""
    heads = [column["title"] for column in report_columns(baseline=bool(baseline), production=None)]
    lines = [heads, *([cell["text"] for cell in row] for row in report_rows(report, baseline, None))]
    widths = [max(len(line[index]) for line in lines) for index in range(len(heads))]
    for line in lines:
        cells = [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        console.print("  ".join([line[0].ljust(widths[0]), *cells]), markup=False, highlight=False)
    console.print(f"accuracy {report['accuracy']:.3f}", highlight=False)
