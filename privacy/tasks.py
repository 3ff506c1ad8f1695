from pathlib import Path

from celery import shared_task
from django.conf import settings

from privacy.services import key_backup, pruning, retention


@shared_task
def back_up_keys() -> None:
    if settings.VAULT_KEYS_BACKUP:
        key_backup.export_keys(Path(settings.VAULT_KEYS_BACKUP))


@shared_task
def apply_retention() -> None:
    retention.apply_all()
    if pruning.destroy_unused_keys():
        back_up_keys()
