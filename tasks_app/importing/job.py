"""Running an import job: read, check, replace personal data, copy, commit batch by batch.

Each batch commits its items together with the job's place in the file, so whatever kills the worker, the next
one goes on where the last batch ended: nothing is lost and nothing is imported twice.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from operator import itemgetter
from typing import BinaryIO, cast
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.services.notifications import notify
from privacy.keyring import UnknownKey
from privacy.models import DataSubject
from privacy.pii.logs import message_of
from privacy.services import learning, vault
from privacy.services.keeping import keeper_for
from tasks_app import selectors
from tasks_app.importing import records
from tasks_app.importing.copying import Copied, copy_items
from tasks_app.importing.crew import helpers, in_order
from tasks_app.importing.labels import ImportedLabels, store_labels
from tasks_app.importing.lines import Labels
from tasks_app.importing.preparing import Prepared, PreparedItem, Propose, Setup, prepare
from tasks_app.importing.proposing import proposals_for
from tasks_app.importing.records import Batch
from tasks_app.models import ImportJob, Project, SchemaVersion
from tasks_app.services import slots
from tasks_app.services.erasing_items import erased_among, take_turn_with_erasures

logger = logging.getLogger(__name__)
BATCH = 500
BATCH_BYTES = 4 << 20
WORTH_HELPERS = 2 << 20  # bytes
MAX_ERRORS = 500
STALE_AFTER = timedelta(seconds=60)
# What may be better in a minute: the database or the disk was away, memory was short, or another process has
# a newer VAULT_KEY than this one.
PASSING = (OperationalError, InterfaceError, OSError, MemoryError, UnknownKey)


class TakenOver(Exception):
    """Another worker has moved this job on; this one must stop without a trace."""


def run(job_id: UUID) -> None:
    """Do a job's remaining work. A second delivery while another worker is at it does nothing."""
    now = timezone.now()
    free = Q(state=ImportJob.State.QUEUED) | Q(
        state=ImportJob.State.RUNNING, heartbeat_at__lt=now - STALE_AFTER
    )
    won = ImportJob.objects.filter(free, pk=job_id).update(state=ImportJob.State.RUNNING, heartbeat_at=now)
    if not won:
        return
    job = ImportJob.objects.select_related("project").get(pk=job_id)
    try:
        _read_file(job)
    except TakenOver:
        return
    except (records.UnreadableFile, FileNotFoundError) as error:
        _finish(job, ImportJob.State.FAILED, str(error))
        return
    except PASSING:
        raise  # the row stays as it is, and the sweep takes the job up again
    except Exception as error:
        logger.exception("Import %s failed", job_id)
        _finish(job, ImportJob.State.FAILED, f"An error of ours after line {job.read}: {message_of(error)}")
        return
    _finish(job, ImportJob.State.SUCCEEDED)
    slots.open_waiting(project_id=job.project_id)


def _read_file(job: ImportJob) -> None:
    version = selectors.current_schema(job.project) if job.project.schema_versions.exists() else None
    setup = _setup(job, version)
    with default_storage.open(job.path, "rb") as stream:
        found = records.read(
            cast(BinaryIO, stream),
            job.format,
            offset=job.offset,
            skip=job.read,
            max_bytes=settings.IMPORT_MAX_LINE_BYTES,
        )
        batches = records.batches(found, most=BATCH, most_bytes=BATCH_BYTES)
        propose = proposals_for(job, beat=partial(_beat, job)) if _asks_models(job.project) else None
        with helpers(setup, 0 if propose else _helpers_for(job)) as team:
            for batch, prepared in in_order(batches, team) if team else _here(batches, setup, propose):
                _store(job, version, batch, prepared)


def _setup(job: ImportJob, version: SchemaVersion | None) -> Setup:
    keeps = job.project.originals == Project.Originals.VAULT
    keeper = keeper_for(job.project_id, keep_originals=keeps)
    return Setup(
        project=str(job.project_id),
        job=str(job.pk),
        schema=version.fields if version else [],
        policy=job.project.privacy_policy,
        secret=vault.secret_for(job.project_id).hex(),
        index_key=keeper.index_key.hex(),
        keep_originals=keeper.keeps_originals,
        keep_duplicates=bool(job.options.get("keep_duplicates")),
        scope=job.project.privacy_scope,
        learned=learning.known_to(job.project_id),
        learned_secret=learning.secret().hex(),
        terms=job.options.get("terms", {}),
        subjects=job.options.get("subjects", {}),
    )


def _asks_models(project: Project) -> bool:
    return project.privacy_model and project.privacy_policy != Project.PrivacyPolicy.KEEP


def _helpers_for(job: ImportJob) -> int:
    """A small file is done before another process has started."""
    count: int = settings.IMPORT_PROCESSES
    return count if count > 1 and job.size - job.offset > WORTH_HELPERS else 0


def _here(
    batches: Iterator[Batch], setup: Setup, propose: Propose | None
) -> Iterator[tuple[Batch, Prepared]]:
    return ((batch, prepare(setup, batch.lines, propose)) for batch in batches)


def _beat(job: ImportJob) -> None:
    """A sign of life while a model reads: nobody else is to take the job up."""
    ImportJob.objects.filter(pk=job.pk, state=ImportJob.State.RUNNING, read=job.read).update(
        heartbeat_at=timezone.now()
    )


@transaction.atomic
def _store(job: ImportJob, version: SchemaVersion | None, batch: Batch, prepared: Prepared) -> None:
    # Before the look at what was erased: an erasure meanwhile would let its text in again.
    take_turn_with_erasures(job.project_id)
    current = ImportJob.objects.select_for_update().only("state", "read").get(pk=job.pk)
    if current.state != ImportJob.State.RUNNING or current.read != job.read:
        raise TakenOver
    gone = erased_among(job.project_id, {item.content for item in prepared.items})
    gone |= _of_nobody(job, prepared)
    copied = copy_items(job.project, [item for item in prepared.items if item.content not in gone])
    inserted = [item for item in prepared.items if item.id in copied.inserted]
    labels = [_labels(item) for item in inserted if item.labels]
    if labels and version is not None:
        store_labels(job.project, version, labels)
    _add_up(job, batch, prepared, copied, gone)
    job.save()


def _of_nobody(job: ImportJob, prepared: Prepared) -> set[str]:
    """Texts of people who were erased between the wish for this import and now."""
    bound: dict[str, str] = job.options.get("subjects", {})
    if not bound:
        return set()
    there = {str(pk) for pk in DataSubject.objects.filter(pk__in=bound.values()).values_list("pk", flat=True)}
    lost = {name for name, subject in bound.items() if subject not in there}
    return {item.content for item in prepared.items if item.external_id in lost}


def _labels(item: PreparedItem) -> ImportedLabels:
    found = item.labels or {}
    answers = [Labels(**answer) for answer in found["answers"]]
    return ImportedLabels(UUID(item.id), found["payload"], answers, found["approved"])


def _add_up(job: ImportJob, batch: Batch, prepared: Prepared, copied: Copied, gone: set[str]) -> None:
    errors = [{"line": broken.number, "detail": broken.detail} for broken in batch.broken] + prepared.errors
    skipped = Counter({"personal_data": prepared.left_out})
    findings = Counter(job.findings) + Counter(prepared.dropped)
    for item in prepared.items:
        if item.content in gone:
            skipped["erased"] += 1
        elif item.id in copied.inserted:
            findings.update(item.counts)
        elif item.id in copied.same_content:
            skipped["duplicate"] += 1
        else:
            skipped["duplicate_id"] += 1
            detail = f"The id “{item.external_id}” is taken by another text in this project."
            errors.append({"line": item.number, "detail": detail})
    job.read += batch.read
    job.offset = batch.end or job.offset
    job.imported += len(copied.inserted)
    job.skipped = dict(Counter(job.skipped) + skipped)
    job.findings = dict(findings)
    job.error_count += len(errors)
    job.errors = [*job.errors, *sorted(errors, key=itemgetter("line"))][:MAX_ERRORS]
    job.heartbeat_at = timezone.now()


def _finish(job: ImportJob, state: str, reason: str = "") -> None:
    """The uploaded file holds the original personal data: it goes as soon as nothing needs it."""
    # Whose items they were is said by the items themselves from here on.
    options = {name: value for name, value in job.options.items() if name != "subjects"}
    ImportJob.objects.filter(pk=job.pk, state=ImportJob.State.RUNNING).update(
        state=state, reason=reason[:500], finished_at=timezone.now(), options=options
    )
    default_storage.delete(job.path)
    notify(
        user_id=job.created_by_id,
        kind=f"import_{state}",
        url=f"/projects/{job.project_id}/import/",
        imported=job.imported,
        project=job.project.title,
    )


def stale_jobs() -> list[UUID]:
    """Jobs that nobody works on: queued but forgotten by the broker, or left by a killed worker."""
    cutoff = timezone.now() - STALE_AFTER
    lost = Q(state=ImportJob.State.QUEUED, created_at__lt=cutoff) | Q(
        state=ImportJob.State.RUNNING, heartbeat_at__lt=cutoff
    )
    return list(ImportJob.objects.filter(lost).values_list("pk", flat=True))
