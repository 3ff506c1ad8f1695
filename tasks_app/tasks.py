from uuid import UUID

from celery import shared_task

from tasks_app.importing import job
from tasks_app.services import assignment, refunds


@shared_task
def import_items(job_id: str) -> None:
    job.run(UUID(job_id))


@shared_task
def resume_imports() -> None:
    for job_id in job.stale_jobs():
        import_items.delay(str(job_id))


@shared_task
def expire_leases() -> None:
    while assignment.expire_leases(limit=1000) == 1000:
        pass


@shared_task
def refund_finished() -> None:
    refunds.refund_finished()
