"""`manage.py export PROJECT --format F --out FILE`: the same export as over REST, into a file."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from annotations.exporting.anonymity import check_people
from annotations.exporting.errors import CannotExport
from annotations.exporting.formats import FORMATS, chunks
from annotations.exporting.report import check_terms
from annotations.exporting.rows import WHICH, Export
from common.errors import DomainError
from tasks_app.models import Item, Project


class Command(BaseCommand):
    help = "Write a project's approved values (or everything) to a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="the project's id, or its exact title")
        parser.add_argument("--format", choices=list(FORMATS), default="jsonl")
        parser.add_argument("--which", choices=WHICH, default="approved")
        parser.add_argument("--merged", action="store_true", help="everybody's answers under one name")
        parser.add_argument("--out", type=Path, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        out: Path = options["out"]
        part = out.with_name(f".{out.name}.part")
        export = Export(_project(options["project"]), options["which"], merged=options["merged"])
        try:
            missing = check_terms(export)
            check_people(export)
        except DomainError as refused:
            raise CommandError(refused.message) from None
        total = _expected(export)
        written = 0
        try:
            with part.open("wb") as file:
                for chunk in chunks(export, options["format"]):
                    written += file.write(chunk)
                    self._progress(written, export.progress.items, total)
            part.replace(out)
        except CannotExport as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"{out} cannot be written: {error.strerror}.") from None
        finally:
            part.unlink(missing_ok=True)
        for reason, count in missing.items():
            self.stdout.write(f"left out: {count:,} {reason}")
        for kind, count in sorted(export.progress.replaced.items()):
            self.stdout.write(f"replaced on the way out: {count:,} {kind}")
        self.stdout.write(f"{out}: {export.progress.items:,} items, {written / 1e6:.1f} MB")

    def _progress(self, written: int, items: int, total: int) -> None:
        if sys.stderr.isatty():
            share = f", {100 * items // total} %" if total else ""
            self.stderr.write(f"\r{items:,} items, {written / 1e6:.1f} MB{share} ", ending="")


def _expected(export: Export) -> int:
    """How many items it will be, or a few more; what is left out for want of a value is not looked up."""
    items = Item.objects.filter(project=export.project).exclude(state=Item.State.WITHDRAWN)
    settled = items.filter(state=Item.State.CLOSED)
    return (
        items.filter(Q(submitted__gt=0) | Q(state=Item.State.CLOSED)) if export.which == "all" else settled
    ).count()


def _project(name: str) -> Project:
    try:
        found = list(Project.objects.filter(pk=UUID(name)))
    except ValueError:
        found = list(Project.objects.filter(title=name)[:2])
    if len(found) == 1:
        return found[0]
    if found:
        raise CommandError(f"Several projects are called {name!r}; give the id.")
    raise CommandError(f"There is no project {name!r}.")
