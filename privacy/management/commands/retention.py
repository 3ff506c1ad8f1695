"""`manage.py retention`: what the rules would take now; with --apply they are carried out."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from privacy.models import RetentionRule
from privacy.services import retention


class Command(BaseCommand):
    help = "Show what the retention rules would delete (a dry run); with --apply, delete it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--apply", action="store_true", help="carry out the rules that are on")

    def handle(self, *args: Any, **options: Any) -> None:
        for rule in RetentionRule.objects.order_by("kind", "project"):
            where = f"project {rule.project}" if rule.project else "site"
            found = retention.preview(kind=rule.kind, days=rule.days, project=rule.project)
            oldest = f", the oldest of {found.oldest:%Y-%m-%d}" if found.oldest else ""
            state = "on" if rule.is_on else "off"
            self.stdout.write(f"{rule.kind} ({where}, {rule.days} days, {state}): {found.count:,}{oldest}")
            if options["apply"] and rule.is_on:
                self.stdout.write(f"  removed {retention.apply_rule(rule.pk):,}")
