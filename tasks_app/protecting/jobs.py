"""Long work in batches, as rows: one worker claims a row, and goes on where a killed one has stopped."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.services.ends import tell_end
from common.ends import EndNote
from privacy.models import CanaryEstimate, Rescan
from tasks_app.models import Project

logger = logging.getLogger(__name__)
STALE_AFTER = timedelta(seconds=60)
# What may be better in a minute; the sweep takes the row up again.
PASSING = (OperationalError, InterfaceError, OSError, MemoryError)
WORKS = {CanaryEstimate: "estimate", Rescan: "rescan"}
SomeJob = TypeVar("SomeJob", CanaryEstimate, Rescan)


class TakenOver(Exception):
    """Another worker has moved this job on, or it was cancelled; this one must stop without a trace."""


def run(kind: type[SomeJob], job_id: UUID, work: Callable[[SomeJob], None]) -> None:
    """Do what is left of a job. A second delivery while another worker is at it does nothing."""
    now = timezone.now()
    free = Q(state="queued") | Q(state="running", heartbeat_at__lt=now - STALE_AFTER)
    rows = kind._default_manager
    if not rows.filter(free, pk=job_id).update(state="running", heartbeat_at=now):
        return
    job = rows.get(pk=job_id)
    try:
        work(job)
    except TakenOver:
        return
    except PASSING:
        raise
    except Exception as error:
        logger.exception("%s failed", job)
        _end(job, "failed", type(error).__name__)
        return
    _end(job, "succeeded")


@transaction.atomic
def _end(job: SomeJob, state: str, reason: str = "") -> None:
    """Of two that end it one writes; whoever asked for it is told."""
    mine = type(job)._default_manager.filter(pk=job.pk, state="running")
    if mine.update(state=state, reason=reason, finished_at=timezone.now()):
        title = Project.objects.values_list("title", flat=True).get(pk=job.project)
        url = f"/projects/{job.project}/privacy/"
        tell_end(EndNote(WORKS[type(job)], job.asked_by_id, url, title), good=state == "succeeded")


def lock(job: SomeJob) -> None:
    """In a batch's transaction, before it writes: raises TakenOver when the row is no longer ours."""
    current = type(job)._default_manager.select_for_update().get(pk=job.pk)
    if current.state != "running" or current.done != job.done:
        raise TakenOver


def stale(kind: type[SomeJob]) -> list[UUID]:
    """Rows that nobody works on: forgotten by the broker, or left by a killed worker."""
    cutoff = timezone.now() - STALE_AFTER
    lost = Q(state="queued", created_at__lt=cutoff) | Q(state="running", heartbeat_at__lt=cutoff)
    return list(kind._default_manager.filter(lost).values_list("pk", flat=True))
