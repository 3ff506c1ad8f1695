"""Freezing what was approved: plan the splits, write the files, keep the row."""

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from annotations.services.fitting import refit_project
from common.errors import Conflict, Problem
from tasks_app.fields.base import Field
from tasks_app.fields.schema import parse_fields
from tasks_app.models import Project, SchemaVersion
from training import freezing, lineage, planning
from training.models import Snapshot, SnapshotItem
from training.planning import SplitPlan
from training.run_folder import refuse_withdrawn
from training.splits import DEV, DEV_SHARE, TEST, TEST_SHARE, TRAIN

PLANNED_EXACTLY = 5000  # items
LABELS_SHOWN = 200  # of each split, the commonest


class _NothingNew(Exception):
    """Rolls the half-made snapshot back when the same data was frozen before."""

    def __init__(self, known: Snapshot) -> None:
        self.known = known


def freeze(*, project: Project, actor: User | None) -> tuple[Snapshot, bool]:
    """Freeze what is approved now; returns it and whether it is new: equal data is never frozen twice.

    Consensus is fitted afresh first. Raises Conflict when nothing is approved yet.
    """
    refit_project(project.pk)
    schema, fields = current_fields(project)
    try:
        with transaction.atomic():
            # One at a time per project: numbers stay gapless, and the second one finds the first one's.
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"snapshot {project.pk}"])
            return _freeze(project, schema, fields, actor), True
    except _NothingNew as nothing:
        return nothing.known, False


@contextmanager
def held(snapshot: Snapshot) -> Iterator[None]:
    """Around giving a snapshot to a run. Raises Unusable where an erasure has withdrawn it."""
    with transaction.atomic():
        take_turn_with_erasures(snapshot)
        refuse_withdrawn(snapshot)
        yield


def take_turn_with_erasures(snapshot: Snapshot) -> None:
    """Until the caller's transaction ends: an erasure came before and is seen, or comes after and sees what
    the caller has written. Not the lock of freezing: nobody who starts a run waits for minutes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock_shared(hashtext(%s))", [f"withdraw {snapshot.project_id}"]
        )
    snapshot.refresh_from_db(fields=["withdrawn_at"])


def current_fields(project: Project) -> tuple[SchemaVersion, list[Field]]:
    """The newest schema and those of its fields that a model can learn."""
    schema = project.schema_versions.order_by("-number").first()
    fields = freezing.trainable(parse_fields(schema.fields)) if schema else []
    if schema is None or not fields:
        raise Conflict(_("This project has no field that a model can learn."), code="no_trainable_field")
    return schema, fields


def planned_counts(project: Project, field: Field) -> Counter[str]:
    """How many items of `field` each split would hold if it were frozen now.

    Of a large project about how many: a request waits for it, so near-duplicates are left to the freezing.
    """
    there = freezing.decided_for(project, field)
    if (count := there.count()) > PLANNED_EXACTLY:
        test, dev = round(count * TEST_SHARE), round(count * (1 - TEST_SHARE) * DEV_SHARE)
        return Counter({TEST: test, DEV: dev, TRAIN: count - test - dev})
    splits = dict(planning.plan_splits(project, current_fields(project)[1]).placed())
    return Counter(splits[pk] for pk in there.values_list("item_id", flat=True) if pk in splits)


def _freeze(project: Project, schema: SchemaVersion, fields: list[Field], actor: User | None) -> Snapshot:
    planned = planning.plan_splits(project, fields)
    if not len(planned):
        raise Conflict(
            _("Nothing is approved in this project yet, so there is nothing to freeze."),
            code="nothing_approved",
            problems=[Problem("/project", "nothing_approved", _("Approve some answers first."))],
        )
    snapshot = _begin(project, schema, fields, actor)
    draft = snapshot.folder.with_name(f".{snapshot.pk}.draft")
    try:
        _write(snapshot, fields, planned, draft)
        # Before the commit: a row without files would be worse than files without a row.
        draft.rename(snapshot.folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return snapshot


def _begin(project: Project, schema: SchemaVersion, fields: list[Field], actor: User | None) -> Snapshot:
    last = project.snapshots.aggregate(last=Max("number"))["last"] or 0
    return Snapshot.objects.create(
        project=project,
        number=last + 1,
        schema_version=schema,
        fields=[field.to_json() for field in fields],
        created_by=actor,
    )


def _write(snapshot: Snapshot, fields: list[Field], planned: SplitPlan, folder: Path) -> None:
    planning.store_places(snapshot, planned)
    digest = hashlib.sha256(freezing.canonical({"fields": snapshot.fields}))
    labels: dict[str, dict[str, dict[str, int]]] = {}
    soft: dict[str, dict[str, int]] = {}
    for field in fields:
        for split in SnapshotItem.Split.values:
            written = freezing.write_split(snapshot, field, split, folder)
            digest.update(f"{field.name} {split} {written.content}\n".encode())
            snapshot.counts.setdefault(field.name, {})[split] = written.rows
            snapshot.files[f"{field.name}/{split}.arrow"] = written.file
            labels.setdefault(field.name, {})[split] = dict(written.labels.most_common(LABELS_SHOWN))
            soft.setdefault(field.name, {})[split] = written.soft
    snapshot.summary = {"labels": labels, "soft": soft, "duplicates": planned.duplicates()}
    known = Snapshot.objects.filter(project=snapshot.project, sha256=digest.hexdigest()).first()
    if known is not None:
        _restore(known, folder)
        raise _NothingNew(known)
    snapshot.sha256 = digest.hexdigest()
    snapshot.people = lineage.people_of(snapshot).count()
    snapshot.save(update_fields=["sha256", "counts", "files", "summary", "people"])


def is_whole(snapshot: Snapshot) -> bool:
    return all((snapshot.folder / name).exists() for name in snapshot.files)


def _restore(known: Snapshot, draft: Path) -> None:
    """The same data again: if the files of the first time were lost, these are byte for byte the same."""
    if not is_whole(known):
        shutil.rmtree(known.folder, ignore_errors=True)
        draft.rename(known.folder)
