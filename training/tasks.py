"""Celery's way in: ids in, nothing out. Which queue each goes to stands in the settings."""

from uuid import UUID

from celery import shared_task, signals

from training import comparison, cross_fitting, execution, trainers

signals.worker_ready.connect(trainers.on_worker_ready)
signals.heartbeat_sent.connect(trainers.on_worker_heartbeat)


@signals.worker_shutting_down.connect
def give_runs_back(**_kwargs: object) -> None:
    execution.stopping.set()


@shared_task
def execute_run(run_id: str) -> None:
    execution.execute(UUID(run_id))


@shared_task
def requeue_lost_runs() -> None:
    for run_id in trainers.take_back_lost_runs():
        execute_run.delay(str(run_id))


@shared_task
def execute_cross_fit(cross_fit_id: str) -> None:
    cross_fitting.execute(UUID(cross_fit_id))


@shared_task
def requeue_cross_fits() -> None:
    for cross_fit_id in cross_fitting.take_back_lost():
        execute_cross_fit.delay(str(cross_fit_id))


@shared_task
def predict_comparison(version_id: str) -> None:
    comparison.compare_by_id(UUID(version_id))
