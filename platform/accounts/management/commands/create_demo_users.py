import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from accounts.services.demo_people import create_demo_people


class Command(BaseCommand):
    help = "Make one person for each role and a crowd of annotators; print their random passwords once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--annotators", type=int, default=24)
        parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        people = create_demo_people(annotators=options["annotators"])
        plain = {
            name: [asdict(one) for one in found] if isinstance(found, list) else asdict(found)
            for name, found in people.items()
        }
        if options["json"]:
            self.stdout.write(json.dumps(plain))
            return
        for name, found in plain.items():
            for one in found if isinstance(found, list) else [found]:
                self.stdout.write(f"{name:<12} {one['email']:<28} {one['password']}")
