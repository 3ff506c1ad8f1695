import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common.errors import DomainError
from training.management.commands.train import find_project
from training.services.cross_fits import ask_cross_fit


class Command(BaseCommand):
    help = "Have models read a field's items beside the crowd, each part by one that never saw it."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("project", help="a project's id or its title")
        parser.add_argument("--field", required=True, help="the answer field to read")

    def handle(self, *args: Any, **options: Any) -> None:
        project = find_project(options["project"])
        try:
            wish = ask_cross_fit(project=project, field=options["field"], actor=project.owner)
        except DomainError as refused:
            raise CommandError(refused.message) from None
        self.stdout.write(f"cross-fit of {project.title}, field {wish.field}: {wish.pk}")
