"""`manage.py export PROJECT --format F --out FILE`: the same export as over REST, into a file."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from annotations.exporting.errors import CannotExport
from annotations.exporting.formats import FORMATS, chunks
from annotations.exporting.rows import WHICH, Export
from tasks_app.models import Project


class Command(BaseCommand):
    help = "Write a project's approved values (or everything) to a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="the project's id, or its exact title")
        parser.add_argument("--format", choices=list(FORMATS), default="jsonl")
        parser.add_argument("--which", choices=WHICH, default="approved")
        parser.add_argument("--out", type=Path, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        out: Path = options["out"]
        part = out.with_name(f".{out.name}.part")
        export = Export(_project(options["project"]), options["which"])
        written = 0
        try:
            with part.open("wb") as file:
                for chunk in chunks(export, options["format"]):
                    written += file.write(chunk)
                    self._progress(written)
            part.replace(out)
        except CannotExport as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"{out} cannot be written: {error.strerror}.") from None
        finally:
            part.unlink(missing_ok=True)
        self.stdout.write(f"{out}: {written / 1e6:.1f} MB")

    def _progress(self, written: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{written / 1e6:.1f} MB", ending="")


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
