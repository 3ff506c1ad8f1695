"""Celery's way in: ids in, nothing out. Which queue each goes to stands in the settings."""

from contextlib import suppress
from uuid import UUID

from celery import shared_task, signals

from common.queueing import enqueue_on_commit
from common.rounds import each
from training import (
    analysing,
    analysis_freshness,
    background,
    choosing_runtimes,
    comparing,
    comparison,
    cross_fitting,
    curve_fitting,
    execution,
    holding,
    hub,
    preannotating,
    queue,
    ranking,
    shadowing,
    trainers,
    watching_versions,
)
from training.devices import AllBusy, one_card
from training.models import Analysis, Preannotation, ServingRuntime, VersionComparison
from training.services import cases

signals.celeryd_init.connect(trainers.on_worker_setup)
signals.worker_ready.connect(trainers.on_worker_ready)
signals.heartbeat_sent.connect(trainers.on_worker_heartbeat)


@signals.worker_shutting_down.connect
def give_runs_back(**_kwargs: object) -> None:
    holding.stopping.set()


@shared_task
def execute_run(run_id: str) -> None:
    """`run_id` is why the trainer is woken up; what it takes is the first in the queue."""
    with suppress(AllBusy), one_card():
        if work := queue.claim_next():
            wake_another(run_id)
            execution.carry_out(work)
    wake_another(run_id)


def wake_another(run_id: str) -> None:
    """One word in the queue for as long as there is work: a search has more than it has messages."""
    if queue.is_work_left() and trainers.nobody_is_told():
        enqueue_on_commit(execute_run, run_id)


@shared_task
def requeue_lost_runs() -> None:
    for run_id in trainers.take_back_lost_runs():
        execute_run.delay(str(run_id))


@shared_task
def execute_cross_fit(cross_fit_id: str) -> None:
    with suppress(AllBusy), one_card():
        cross_fitting.execute(UUID(cross_fit_id))


@shared_task
def requeue_cross_fits() -> None:
    for cross_fit_id in cross_fitting.take_back_lost():
        execute_cross_fit.delay(str(cross_fit_id))


@shared_task
def execute_curve(curve_id: str) -> None:
    with suppress(AllBusy), one_card():
        curve_fitting.execute(UUID(curve_id))


@shared_task
def requeue_curves() -> None:
    for curve_id in curve_fitting.take_back_lost():
        execute_curve.delay(str(curve_id))


@shared_task
def predict_comparison(version_id: str) -> None:
    comparison.compare_by_id(UUID(version_id))


@shared_task
def predict_ranking(wish_id: str) -> None:
    ranking.rank(UUID(wish_id))


@shared_task
def follow_feedback() -> None:
    """Cases become tasks where that is wished; tasks find their items."""
    cases.make_due_tasks()
    cases.join_items()


@shared_task
def queue_rankings() -> None:
    for wish_id in ranking.due():
        predict_ranking.delay(str(wish_id))


@shared_task
def predict_suggestions(wish_id: str) -> None:
    if preannotating.execute(UUID(wish_id)):
        predict_suggestions.delay(wish_id)


@shared_task
def predict_runtime(version_id: str) -> None:
    choosing_runtimes.execute(UUID(version_id))


@shared_task
def predict_pair(comparison_id: str) -> None:
    comparing.execute(UUID(comparison_id))


@shared_task
def predict_analysis(analysis_id: str) -> None:
    if analysing.execute(UUID(analysis_id)):
        predict_analysis.delay(analysis_id)


@shared_task
def hash_analysed_data(project_id: str) -> None:
    analysis_freshness.hash_again(UUID(project_id))


@shared_task
def predict_waiting() -> None:
    """What is wished for and was not taken up, or was given up by a worker that died."""
    choosing_runtimes.ask_for_missing()
    for wish_id in background.take_back_lost(Preannotation):
        predict_suggestions.delay(str(wish_id))
    for version_id in background.take_back_lost(ServingRuntime):
        predict_runtime.delay(str(version_id))
    for comparison_id in background.take_back_lost(VersionComparison):
        predict_pair.delay(str(comparison_id))
    for analysis_id in background.take_back_lost(Analysis):
        predict_analysis.delay(str(analysis_id))


@shared_task
def predict_rollouts() -> None:
    each(shadowing.follow, shadowing.running())
    each(watching_versions.watch, watching_versions.models_to_watch())


@shared_task
def push_to_hub(version_id: str) -> None:
    hub.push(UUID(version_id))
