import argparse
import json
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from applications import measuring, selectors
from applications.kinds import all_kinds
from applications.models import Measured, Setup
from applications.services.setups import start_setup
from common.errors import DomainError

LOOK_SECONDS = 1.0


class Command(BaseCommand):
    help = "Set an application up with the data that ships with it, as its page does; workers must run."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        names = ", ".join(kind.template for kind in all_kinds())
        parser.add_argument("application", help=names)
        parser.add_argument("--owner", required=True, help="e-mail of the account that is to own the project")
        parser.add_argument("--language", default="", help="only the data in this language, such as zh")
        parser.add_argument("--follow", action="store_true", help="wait, and print what came of it as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        owner = User.objects.filter(email__iexact=options["owner"]).first()
        if owner is None:
            raise CommandError("There is no account with this e-mail address.")
        try:
            setup = start_setup(application=options["application"], actor=owner, language=options["language"])
        except DomainError as refused:
            raise CommandError(refused.message) from None
        if not options["follow"]:
            self.stdout.write(f"/applications/setups/{setup.pk}/")
            return
        self.stdout.write(json.dumps(outcome(self._follow(setup))))

    def _follow(self, setup: Setup) -> Setup:
        step = ""
        while setup.state == Setup.State.RUNNING:
            if setup.step != step:
                step = setup.step
                self.stderr.write(str(selectors.STEPS[Setup.Step(step)]))
            time.sleep(LOOK_SECONDS)
            setup.refresh_from_db()
        if setup.state == Setup.State.FAILED:
            raise CommandError(f"{setup.step}: {setup.reason}")
        return setup


def outcome(setup: Setup) -> dict[str, Any]:
    """The seconds to the first answer, the versions that answer, and the figures."""
    measured = Measured.objects.filter(project=setup.project_id).first()
    figures = measuring.figures_of(measured) if measured else []
    return {
        "application": setup.kind,
        "project": str(setup.project_id),
        "seconds_to_first_answer": selectors.seconds_to_answer(setup),
        "promoted": setup.promoted,
        "notes": setup.notes,
        "first_answer": setup.said,
        "reason": measured.reason if measured else "",
        "figures": {
            figure.key: {
                "value": figure.value, "baseline": figure.baseline, "low": figure.low, "high": figure.high,
                "count": figure.count,
            }
            for figure in figures
        },
    }  # fmt: skip
