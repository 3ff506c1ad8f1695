from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from common.models import IdempotencyRecord


@shared_task
def forget_idempotency_keys() -> None:
    IdempotencyRecord.objects.filter(created_at__lt=timezone.now() - timedelta(days=2)).delete()
