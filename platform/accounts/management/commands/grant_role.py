from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Role
from accounts.services.memberships import grant_role
from common.errors import DomainError


class Command(BaseCommand):
    help = "Give a person a role on the whole site, or with --project in one project."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("role", choices=Role.values)
        parser.add_argument("--project", type=UUID, help="the project's id")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            grant_role(email=options["email"], role=options["role"], scope=options["project"], actor=None)
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"{options['email']} is {options['role']} now.")
