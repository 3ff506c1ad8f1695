"""Reading what was imported again, in batches: item by item, then what else is kept of the project."""

from collections import Counter
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from privacy.models import Rescan
from privacy.services import learning
from tasks_app.models import Item, Project
from tasks_app.protecting import jobs
from tasks_app.protecting.copies import fix_other_texts
from tasks_app.protecting.finders import Everything, LearnedOnly
from tasks_app.protecting.redacting import Finder, redact_item

BATCH = 200


def run(job_id: UUID) -> None:
    jobs.run(Rescan, job_id, _read_all)


def _read_all(job: Rescan) -> None:
    project = Project.objects.get(pk=job.project)
    learned = learning.learned_by(project.pk)
    finder: Finder = LearnedOnly(learned) if job.learned_only else Everything(project, learned)
    while rows := _next(job):
        counts: Counter[str] = Counter()
        changed = 0
        for item_id, _position in rows:
            found = redact_item(item_id=item_id, find=finder, actor=job.asked_by, reason="read again")
            counts += found.kinds
            changed += bool(found.kinds)
        _note(job, len(rows), rows[-1][1], changed, counts)
    others = fix_other_texts(project.pk, finder.alone)
    _note(job, 0, job.position, 0, others)


def _next(job: Rescan) -> list[tuple[UUID, int]]:
    rows = Item.objects.filter(project_id=job.project, position__gt=job.position).order_by("position")
    return list(rows.values_list("pk", "position")[:BATCH])


@transaction.atomic
def _note(job: Rescan, read: int, position: int, changed: int, counts: Counter[str]) -> None:
    """Each item is a transaction of its own, and reading one twice changes nothing: the place may lag."""
    jobs.lock(job)
    job.done += read
    job.total = max(job.total, job.done)
    job.position = position
    job.changed += changed
    job.findings = dict(Counter(job.findings) + counts)
    job.heartbeat_at = timezone.now()
    job.save()
