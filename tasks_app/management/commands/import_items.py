import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from common.errors import DomainError
from tasks_app.importing import job as work
from tasks_app.models import ImportJob, Project
from tasks_app.services import imports


class Command(BaseCommand):
    help = "Import items from a JSON Lines, JSON or CSV file into a project, here and now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", type=UUID, help="the project's id")
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--keep-duplicates", action="store_true", help="equal texts become separate items"
        )
        parser.add_argument("--licence", default="", help="of all lines that do not name theirs")
        parser.add_argument("--consent", default="", help="of all others: true, false, or the legal basis")

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.select_related("owner").filter(pk=options["project"]).first()
        if project is None:
            raise CommandError("There is no such project. Its id stands in the address of its page.")
        try:
            terms = imports.terms_option(licence=options["licence"], consent=options["consent"])
            job = self._start(
                project, options["file"], {"keep_duplicates": options["keep_duplicates"], **terms}
            )
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}.") from None
        except DomainError as error:
            raise CommandError(error.message) from None
        work.run(job.pk)
        self._report(ImportJob.objects.get(pk=job.pk))

    def _start(self, project: Project, file: Path, wanted: dict[str, Any]) -> ImportJob:
        size = file.stat().st_size
        done = 0
        with file.open("rb") as stream:

            def chunks() -> Any:
                nonlocal done
                while chunk := stream.read(1 << 20):
                    done += len(chunk)
                    self._progress(done, size)
                    yield chunk

            return imports.start_import(
                project=project,
                actor=project.owner,
                chunks=chunks(),
                format=imports.format_of(content_type="", name=file.name),
                options=wanted,
            )

    def _progress(self, done: int, size: int) -> None:
        if sys.stderr.isatty() and size:
            self.stderr.write(f"\rreading {100 * done // size} %", ending="")

    def _report(self, job: ImportJob) -> None:
        skipped = ", ".join(f"{count} {reason}" for reason, count in job.skipped.items()) or "none"
        found = ", ".join(f"{count} {kind}" for kind, count in sorted(job.findings.items())) or "none"
        self.stdout.write(f"read {job.read}, imported {job.imported}; skipped: {skipped}")
        self.stdout.write(f"personal data replaced: {found}")
        for error in job.errors[:20]:
            self.stderr.write(f"line {error['line']}: {error['detail']}")
        if job.state != ImportJob.State.SUCCEEDED:
            raise CommandError(job.reason or "The import did not finish; run the command again.")
