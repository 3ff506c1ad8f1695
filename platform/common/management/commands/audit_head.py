from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from common.audit_heads import current_head
from common.audit_sealing import seal_events


class Command(BaseCommand):
    help = "Print the signed head of the audit log's chain. Keep it where this server cannot write."

    def handle(self, *args: Any, **options: Any) -> None:
        seal_events()
        self.stdout.write(current_head(timezone.now().isoformat()).as_json())
