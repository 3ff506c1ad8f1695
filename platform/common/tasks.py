from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from common import audit_checks, audit_sealing, counts
from common.models import IdempotencyRecord


@shared_task
def forget_idempotency_keys() -> None:
    IdempotencyRecord.objects.filter(created_at__lt=timezone.now() - timedelta(days=2)).delete()


@shared_task
def count_again(name: str, ids: list[str]) -> None:
    counts.count_anew(name, ids)


@shared_task
def seal_audit() -> None:
    audit_sealing.seal_events()


@shared_task
def check_audit() -> None:
    audit_checks.run_checks()
