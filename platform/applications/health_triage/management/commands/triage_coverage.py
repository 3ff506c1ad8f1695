import argparse
import json
from dataclasses import asdict
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from applications.health_triage import calibrating
from applications.health_triage.conformal import METHODS
from applications.health_triage.disclaimer import TEMPLATE, words
from applications.health_triage.promising import Risk, Scored
from applications.health_triage.resampling import Resampled, resample
from applications.health_triage.services.risk import risk_of
from tasks_app.models import Project


class Command(BaseCommand):
    help = (
        "Whether the promise of a health triage holds: made on a random part of the scores that are stored, "
        "measured on the rest, many times. Asks no model."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("project", help="id of the project")
        parser.add_argument("--draws", type=int, default=200)
        parser.add_argument("--share", type=float, default=0.6, help="of the items, for the thresholds")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--wrong", type=float, help="instead of what the project has set")
        parser.add_argument("--under-triage", type=float, help="instead of what the project has set")

    def handle(self, *args: Any, **options: Any) -> None:
        project = _project(options["project"])
        made = calibrating.current(project)
        if made is None:
            raise CommandError("The versions that answer now are not calibrated yet.")
        known = Scored.joined([made.scored("held_back"), made.scored("measured")])
        report: dict[str, Any] = {"items": len(known), "calibration": str(made.pk), "disclaimer": words()}
        for method in METHODS:
            for unit, by_group in (("items", False), ("groups", True)):
                risk = _risk(project, method, options)
                found = resample(
                    known, risk, draws=options["draws"], share=options["share"], seed=options["seed"],
                    by_group=by_group,
                )  # fmt: skip
                report[f"{method} by {unit}"] = _told(found)
        self.stdout.write(json.dumps(report))


def _project(pk: str) -> Project:
    try:
        return Project.objects.get(pk=pk, template=TEMPLATE)
    except (Project.DoesNotExist, ValidationError):
        raise CommandError("There is no project of health triage with this id.") from None


def _risk(project: Project, method: str, options: dict[str, Any]) -> Risk:
    stored = risk_of(project).risk
    wrong, under = options["wrong"], options["under_triage"]
    return Risk(
        stored.wrong if wrong is None else wrong,
        stored.under_triage if under is None else under,
        method,
        stored.largest_set,
        stored.widest,
    )


def _told(found: Resampled) -> dict[str, Any]:
    return {**asdict(found), "shares": {key: asdict(one) for key, one in found.shares.items()}}
