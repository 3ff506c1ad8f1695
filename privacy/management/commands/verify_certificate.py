from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError

from common.errors import DomainError
from privacy.services.certificates import is_about, verify_certificate


class Command(BaseCommand):
    help = "Whether a certificate of erasure is this site's, and unchanged; exit 1 if not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the certificate's JSON file")
        parser.add_argument(
            "--about", action="append", default=[], metavar="VALUE",
            help="a value that the request was made with; all of them say whether it is about that person",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            verdict = verify_certificate(Path(options["file"]).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"The file cannot be read: {error}") from None
        except DomainError as refused:
            raise CommandError(refused.message) from None
        if not verdict.valid:
            raise CommandError(verdict.reason)
        if options["about"] and not is_about(verdict.document, options["about"]):
            raise CommandError("It is genuine, but about another person.")
        self.stdout.write(f"genuine: {verdict.document['certificate']}, {verdict.document['issued_at']}")
