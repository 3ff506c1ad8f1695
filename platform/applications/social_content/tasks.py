"""Celery's way in: ids in, nothing out. Named predict_*, for the workers that have models in memory."""

import importlib
from uuid import UUID

from celery import shared_task

from common.rounds import each


@shared_task
def predict_posts(project_id: str) -> None:
    # torch and the encoder: only for the worker who reads.
    importlib.import_module("applications.social_content.scoring_round").read_posts(UUID(project_id))


@shared_task
def predict_floor(floor_id: str) -> None:
    importlib.import_module("applications.social_content.calibrating").calibrate(UUID(floor_id))


@shared_task
def watch_social_content() -> None:
    """What the broker forgot, what a dead worker left, and what a new version in production asks for."""
    watching = importlib.import_module("applications.social_content.watching")
    each(lambda one: predict_floor.delay(str(one)), watching.floors_due())
    each(lambda one: predict_posts.delay(str(one)), watching.projects_with_unread())
