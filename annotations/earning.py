"""Qualifications that are earned by work: whoever does well enough in a named project and field gets them."""

from typing import Any

from django.db import transaction

from annotations.models import WorkerSkill
from common import audit
from tasks_app.models import Qualification, WorkerQualification
from tasks_app.services.qualification import Source, hold


def grant_earned() -> int:
    """Grant what has been earned since the last look. Returns how many people got something."""
    rows = Qualification.objects.filter(kind=Qualification.Kind.SKILL, earn__isnull=False)
    return sum([_grant(row, row.earn) for row in rows if row.earn is not None])


@transaction.atomic
def _grant(qualification: Qualification, rule: dict[str, Any]) -> int:
    """By the skill of the last full fit. Nothing is taken from anybody here: that is a person's decision."""
    have = WorkerQualification.objects.filter(qualification=qualification).values("worker_id")
    earned = WorkerSkill.objects.filter(
        project=rule["project"],
        field=rule["field"],
        accuracy__gte=rule["accuracy"],
        answers__gte=rule["answers"],
    ).exclude(worker__in=have)
    count = 0
    for skill in earned.select_related("worker"):
        if hold(qualification, skill.worker, Source.SKILL, score=skill.accuracy):
            audit.record("qualification.earned", qualification, actor=None, worker=str(skill.worker_id))
            count += 1
    return count
