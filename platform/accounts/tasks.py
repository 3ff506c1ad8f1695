from celery import shared_task

from accounts.services import mailing


@shared_task
def send_notifications() -> None:
    mailing.send_waiting()
