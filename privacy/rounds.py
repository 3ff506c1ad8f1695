"""Tasks whose work goes through services that know other tasks: they cannot stand among those."""

from celery import shared_task

from privacy import carrying_out, mailing, packaging, reminding


@shared_task
def carry_out_requests() -> None:
    carrying_out.carry_out_waiting()


@shared_task
def send_request_mails() -> None:
    mailing.send_waiting()


@shared_task
def watch_requests() -> None:
    reminding.remind_desk()
    reminding.forget_unproven()
    packaging.delete_expired_packages()
