import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from common.errors import DomainError
from privacy.models import SubjectKey, VaultEntry
from privacy.services import key_backup, pruning, rotation


class Command(BaseCommand):
    help = "The keys of the vault: what lies under which, a new VAULT_KEY, and their own backup."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("status", help="what still needs an older key")
        actions.add_parser(
            "rotate", help="wrap everything under the present VAULT_KEY; may be killed and repeated"
        )
        for name, text in (
            ("export", "write all keys to one sealed file"),
            ("import", "bring keys back from it"),
        ):
            action = actions.add_parser(name, help=text)
            action.add_argument("file", type=Path, nargs="?", help="default: VAULT_KEYS_BACKUP")
        prune = actions.add_parser("prune", help="delete originals whose key is gone, after a restore")
        prune.add_argument("--yes", action="store_true", help="delete them; without it they are counted")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['action']}")(options)
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}.") from None
        except DomainError as error:
            raise CommandError(error.message) from None

    def _status(self, options: dict[str, Any]) -> None:
        self.stdout.write(f"{SubjectKey.objects.count()} keys for {VaultEntry.objects.count()} entries")
        if lost := pruning.count_unreadable():
            self.stdout.write(f"{lost} entries have no key: `import` it, or `prune` them")
        for name, counts in rotation.waiting().items():
            for key_id, rows in counts.items():
                self.stdout.write(f"{name}: {rows} under key {key_id or 'not named'}")
        if not rotation.waiting():
            self.stdout.write("nothing needs an older key: VAULT_KEYS_OLD may be emptied")

    def _rotate(self, options: dict[str, Any]) -> None:
        for name, rows in rotation.rotate(report=self._progress).items():
            self.stdout.write(f"{name}: {rows} wrapped anew")
        self._status(options)

    def _progress(self, name: str, rows: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{name} {rows}", ending="")

    def _export(self, options: dict[str, Any]) -> None:
        self.stdout.write(f"{key_backup.export_keys(_file(options))} keys written")

    def _import(self, options: dict[str, Any]) -> None:
        counts = key_backup.import_keys(_file(options))
        self.stdout.write(", ".join(f"{count} {what}" for what, count in counts.items()))

    def _prune(self, options: dict[str, Any]) -> None:
        if options["yes"]:
            self.stdout.write(f"{pruning.delete_unreadable()} entries deleted")
        else:
            self.stdout.write(f"{pruning.count_unreadable()} entries have no key; --yes deletes them")


def _file(options: dict[str, Any]) -> Path:
    file = options["file"] or settings.VAULT_KEYS_BACKUP
    if not file:
        raise CommandError("Say to which file, or set VAULT_KEYS_BACKUP.")
    return Path(file)
