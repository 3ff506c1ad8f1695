import hashlib
from collections.abc import Iterable
from dataclasses import asdict
from tempfile import TemporaryFile
from typing import IO, Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common import audit
from common.errors import Conflict, Invalid, Problem
from common.idempotency import refuse_other_body
from common.ids import uuid7
from common.models import IdempotencyRecord
from common.queueing import enqueue_on_commit
from tasks_app import tasks
from tasks_app.gallery import catalogue as gallery
from tasks_app.importing.lines import LineRefused, read_terms
from tasks_app.importing.records import FORMATS
from tasks_app.importing.terms import consent_of
from tasks_app.models import ImportJob, Project

_OWN_FORMAT = {
    "application/x-ndjson": "jsonl",
    "application/jsonl": "jsonl",
    "application/x-jsonlines": "jsonl",
    "application/json": "json",
    "text/csv": "csv",
}


def format_of(*, content_type: str, name: str = "") -> str:
    """The file's format by its name, else by its content type; refuses what cannot be read."""
    suffix = name.rpartition(".")[2].lower()
    suffix = {"ndjson": "jsonl"}.get(suffix, suffix)
    chosen = suffix if suffix in FORMATS else _OWN_FORMAT.get(content_type.partition(";")[0].strip().lower())
    if chosen is None:
        detail = _("Send JSON Lines (application/x-ndjson), a JSON array, or CSV.")
        raise Invalid(detail, code="unknown_format", problems=[Problem("", "unknown_format", detail)])
    return chosen


def start_import(
    *,
    project: Project,
    actor: User,
    chunks: Iterable[bytes],
    format: str,
    options: dict[str, Any] | None = None,
    key: str = "",
) -> ImportJob:
    """Store an upload as it streams in and queue its import. The same key and content give the same job."""
    if project.state == Project.State.FINISHED:
        raise Conflict(_("This project is finished; it takes no more items."), code="finished")
    with TemporaryFile() as spool:
        digest, size = _spool(chunks, spool)
        if size == 0:
            detail = _("The file is empty.")
            raise Invalid(detail, problems=[Problem("", "empty", detail)])
        spool.seek(0)
        if key and (job := _started_before(actor, key, digest)):
            return job
        path = default_storage.save(f"imports/{uuid7()}.{format}", File(spool))
    try:
        return _queue(project, actor, path, size, format, options or {}, key, digest)
    except IntegrityError:
        default_storage.delete(path)
        if job := _started_before(actor, key, digest):
            return job
        raise


def terms_option(*, licence: str = "", consent: str = "") -> dict[str, Any]:
    """What holds for all lines of a file that say nothing themselves, as an option of its job."""
    try:
        terms = read_terms({"licence": licence, "consent": consent_of(consent)})
    except LineRefused as error:
        raise Invalid(str(error), problems=[Problem("/consent", "invalid", str(error))]) from None
    return {"terms": asdict(terms)}


def has_sample(project: Project) -> bool:
    return any(one.name == project.template and one.sample for one in gallery.templates())


def import_sample(*, project: Project, actor: User) -> ImportJob:
    """The items that come with the project's template. Asked for twice, they are imported once."""
    if not has_sample(project):
        raise Invalid(_("The template of this project has no sample items."), code="no_sample")
    path = gallery.template(project.template).sample
    content = path.read_bytes() if path else b""
    key = f"sample:{project.pk}"
    return start_import(project=project, actor=actor, chunks=[content], format="jsonl", key=key)


def _spool(chunks: Iterable[bytes], spool: IO[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
        spool.write(chunk)
    return digest.hexdigest(), size


def _started_before(actor: User, key: str, digest: str) -> ImportJob | None:
    record = IdempotencyRecord.objects.filter(owner=actor.pk, key=key).first()
    if record is None:
        return None
    if record.request_hash != digest or not record.body:
        raise refuse_other_body()
    return ImportJob.objects.get(pk=record.body["job"])


@transaction.atomic
def _queue(
    project: Project,
    actor: User,
    path: str,
    size: int,
    format: str,
    options: dict[str, Any],
    key: str,
    digest: str,
) -> ImportJob:
    job = ImportJob.objects.create(
        project=project, created_by=actor, path=path, size=size, format=format, options=options
    )
    if key:
        IdempotencyRecord.objects.create(
            owner=actor.pk, key=key, request_hash=digest, status=202, body={"job": str(job.pk)}
        )
    audit.record("import.started", job, actor=actor.pk, bytes=size)
    enqueue_on_commit(tasks.import_items, job.pk)
    return job
