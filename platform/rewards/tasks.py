from celery import shared_task

from rewards.services import batches


@shared_task
def reconcile_payouts() -> None:
    batches.reconcile_all()
