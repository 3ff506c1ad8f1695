from uuid import UUID

from celery import shared_task

from annotations import approval, consensus, earning, fair_rate, fitting, recognition_feed, records, watching


@shared_task
def aggregate_item(item_id: str) -> None:
    consensus.aggregate_item(UUID(item_id))


@shared_task
def aggregate_project(project_id: str) -> None:
    consensus.aggregate_project(UUID(project_id))


@shared_task
def aggregate_waiting() -> None:
    consensus.aggregate_waiting()


@shared_task
def refit_projects() -> None:
    fitting.refit_due()


@shared_task
def auto_approve() -> None:
    approval.auto_approve()


@shared_task
def measure_rates() -> None:
    fair_rate.measure_changed()


@shared_task
def update_recognition() -> None:
    recognition_feed.update_changed()


@shared_task
def watch_anomalies() -> None:
    watching.watch_due()


@shared_task
def count_records() -> None:
    records.count_due()
    records.warn_reviewers()


@shared_task
def grant_earned() -> None:
    earning.grant_earned()
