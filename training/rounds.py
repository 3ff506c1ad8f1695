"""Celery's way in for rounds that start runs or promote. See tasks.py for the rest."""

import importlib
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from training import clearing
from training.models import DriftReading, FilesToClear, ModelVersion
from training.services import erasures, retraining


@shared_task
def retrain() -> None:
    retraining.evaluate_rules()
    for firing_id in retraining.ended_firings():
        predict_end_of_firing.delay(str(firing_id))


@shared_task
def predict_end_of_firing(firing_id: str) -> None:
    """On the queue of those who have models in memory: the gate may have to evaluate one."""
    retraining.conclude_firing(firing_id=UUID(firing_id))


@shared_task
def predict_erasures() -> None:
    """What erasures have left to do: files that were in use, models that are to be trained again."""
    if FilesToClear.objects.exists():
        clearing.clear_waiting()
    erasures.follow_retrainings()


@shared_task
def watch_drift() -> None:
    for version_id in drift_due():
        predict_drift.delay(str(version_id))


@shared_task
def predict_drift(version_id: str) -> None:
    # torch and the encoder: only for the worker who reads.
    importlib.import_module("training.drift").read_drift(UUID(version_id))


def drift_due() -> list[UUID]:
    """Versions in production that have no reading of today."""
    read = DriftReading.objects.filter(day=timezone.now().date()).values("version")
    serving = ModelVersion.objects.filter(stage=ModelVersion.Stage.PRODUCTION).exclude(pk__in=read)
    # What it was trained on cannot be summed up any more once that was withdrawn.
    serving = serving.exclude(snapshot__withdrawn_at__isnull=False, drift_reference=None)
    return list(serving.values_list("pk", flat=True))
