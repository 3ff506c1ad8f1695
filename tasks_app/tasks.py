from uuid import UUID

from celery import shared_task

from privacy.models import CanaryEstimate, Rescan
from tasks_app.importing import job
from tasks_app.protecting import canary_work, jobs, reading
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


@shared_task
def rescan(job_id: str) -> None:
    reading.run(UUID(job_id))


@shared_task
def estimate_missed(job_id: str) -> None:
    canary_work.run(UUID(job_id))


@shared_task
def resume_protecting() -> None:
    for job_id in jobs.stale(Rescan):
        rescan.delay(str(job_id))
    for job_id in jobs.stale(CanaryEstimate):
        estimate_missed.delay(str(job_id))
