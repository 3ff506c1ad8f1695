"""Running an import job: read, check, replace personal data, copy, commit batch by batch.

Each batch commits its items together with the job's place in the file, so whatever kills the worker, the next
one goes on where the last batch ended: nothing is lost and nothing is imported twice.
"""

import logging
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Any, BinaryIO, cast
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.services.notifications import notify
from privacy.models import Finding, VaultEntry
from privacy.services import redaction, vault
from tasks_app import selectors
from tasks_app.fields.base import Field
from tasks_app.importing import records
from tasks_app.importing.copying import NewItem, copy_items
from tasks_app.importing.labels import ImportedLabels, store_labels
from tasks_app.importing.lines import Labels, LineRefused, ParsedItem, carry_value, parse_item
from tasks_app.models import ImportJob, Item, SchemaVersion
from tasks_app.services import slots

logger = logging.getLogger(__name__)
BATCH = 200
MAX_ERRORS = 500
STALE_AFTER = timedelta(seconds=60)
# What may be better in a minute: the database or the disk was away, memory was short.
PASSING = (OperationalError, InterfaceError, OSError, MemoryError)


class TakenOver(Exception):
    """Another worker has moved this job on; this one must stop without a trace."""


@dataclass
class Batch:
    """What one batch adds to the job."""

    read: int = 0
    end: int = 0
    items: list[tuple[int, NewItem]] = field(default_factory=list)
    labels: dict[UUID, ImportedLabels] = field(default_factory=dict)
    vault: dict[UUID, VaultEntry] = field(default_factory=dict)
    findings: dict[UUID, list[Finding]] = field(default_factory=dict)
    counts: dict[UUID, Counter[str]] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    errors: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, line: int, detail: str) -> None:
        self.errors.append({"line": line, "detail": detail})


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
        _finish(job, ImportJob.State.FAILED, f"An error of ours after line {job.read}: {error}")
        return
    _finish(job, ImportJob.State.SUCCEEDED)
    slots.open_waiting(project_id=job.project_id)


def _read_file(job: ImportJob) -> None:
    version = selectors.current_schema(job.project) if job.project.schema_versions.exists() else None
    fields = selectors.schema_fields(version.pk) if version else ()
    with default_storage.open(job.path, "rb") as stream:
        found = records.read(
            cast(BinaryIO, stream),
            job.format,
            offset=job.offset,
            skip=job.read,
            max_bytes=settings.IMPORT_MAX_LINE_BYTES,
        )
        while chunk := list(islice(found, BATCH)):
            batch = _prepare(job, fields, iter(chunk))
            _store(job, version, batch)


def _prepare(
    job: ImportJob, fields: tuple[Field, ...], chunk: Iterator[records.Record | records.Broken]
) -> Batch:
    batch = Batch()
    for record in chunk:
        batch.read += 1
        batch.end = record.end
        if isinstance(record, records.Broken):
            batch.refuse(record.number, record.detail)
            continue
        try:
            _add(job, fields, batch, record.number, parse_item(record.value, fields))
        except LineRefused as error:
            batch.refuse(record.number, str(error))
    return batch


def _add(job: ImportJob, fields: tuple[Field, ...], batch: Batch, number: int, parsed: ParsedItem) -> None:
    project, item_id = job.project, uuid.uuid4()
    redacted = redaction.redact_payload(
        parsed.payload,
        parsed.texts,
        policy=project.privacy_policy,
        project_id=project.pk,
        language=parsed.language or None,
    )
    batch.counts[item_id] = redacted.counts
    if redacted.dropped:
        batch.skipped["personal_data"] += 1
        return

    def carry(turn: int, start: int, end: int) -> tuple[int, int]:
        return redacted.maps[turn].span(start, end)

    def carried(value: dict[str, Any] | None) -> dict[str, Any] | None:
        return None if value is None else carry_value(fields, value, carry)

    approved, gold = carried(parsed.approved), carried(parsed.gold)
    answers = [Labels(a.annotator, carried(a.value) or {}, a.seconds) for a in parsed.answers]
    batch.items.append((number, _new_item(job, item_id, number, parsed, redacted.payload, gold)))
    if answers or approved is not None:
        batch.labels[item_id] = ImportedLabels(item_id, redacted.payload, answers, approved)
    if redacted.findings:
        batch.findings[item_id] = redaction.finding_rows(
            project_id=project.pk, item_id=item_id, redacted=redacted
        )
        if vault.is_kept():
            batch.vault[item_id] = vault.seal(
                project_id=project.pk, item_id=item_id, originals=redacted.originals
            )


def _new_item(
    job: ImportJob,
    item_id: UUID,
    number: int,
    parsed: ParsedItem,
    payload: dict[str, Any],
    gold: dict[str, Any] | None,
) -> NewItem:
    # Kept duplicates differ by where they stand, so the unique index still stops a batch that runs twice.
    keep = job.options.get("keep_duplicates")
    content = f"{parsed.content_hash[:24]}:{job.pk.hex[:24]}:{number}"[:64] if keep else parsed.content_hash
    state = Item.State.WAITING
    if parsed.approved is not None:
        state = Item.State.CLOSED
    elif parsed.answers:
        state = Item.State.OPEN
    return NewItem(
        id=item_id,
        external_id=parsed.external_id,
        group=parsed.group,
        language=parsed.language,
        payload=payload,
        meta=parsed.meta,
        content_hash=content,
        gold=gold,
        split=parsed.split,
        state=state,
        needs_aggregation=bool(parsed.answers) and parsed.approved is None,
    )


@transaction.atomic
def _store(job: ImportJob, version: SchemaVersion | None, batch: Batch) -> None:
    current = ImportJob.objects.select_for_update().get(pk=job.pk)
    if current.state != ImportJob.State.RUNNING or current.read != job.read:
        raise TakenOver
    copied = copy_items(job.project, [item for _number, item in batch.items])
    for number, item in batch.items:
        if item.id in copied.same_content:
            batch.skipped["duplicate"] += 1
        elif item.id not in copied.inserted:
            batch.skipped["duplicate_id"] += 1
            batch.refuse(number, f"The id “{item.external_id}” is taken by another text in this project.")
    _store_privacy(batch, copied.inserted)
    labels = [row for item_id, row in batch.labels.items() if item_id in copied.inserted]
    if labels and version is not None:
        store_labels(job.project, version, labels)
    _add_up(job, batch, copied.inserted)
    job.save()


def _store_privacy(batch: Batch, inserted: set[UUID]) -> None:
    Finding.objects.bulk_create(
        [row for item_id, rows in batch.findings.items() if item_id in inserted for row in rows],
        batch_size=1000,
    )
    VaultEntry.objects.bulk_create([row for item_id, row in batch.vault.items() if item_id in inserted])


def _add_up(job: ImportJob, batch: Batch, inserted: set[UUID]) -> None:
    job.read += batch.read
    job.offset = batch.end or job.offset
    job.imported += len(inserted)
    job.skipped = dict(Counter(job.skipped) + batch.skipped)
    ids = {item.id for _number, item in batch.items}
    counted = [found for item_id, found in batch.counts.items() if item_id in inserted or item_id not in ids]
    job.findings = dict(sum(counted, Counter(job.findings)))
    job.error_count += len(batch.errors)
    job.errors = [*job.errors, *batch.errors][:MAX_ERRORS]
    job.heartbeat_at = timezone.now()


def _finish(job: ImportJob, state: str, reason: str = "") -> None:
    """The uploaded file holds the original personal data: it goes as soon as nothing needs it."""
    ImportJob.objects.filter(pk=job.pk, state=ImportJob.State.RUNNING).update(
        state=state, reason=reason[:500], finished_at=timezone.now()
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
