"""Freezing what was approved: plan the splits, write the files, keep the row."""

import hashlib
import shutil
from collections import Counter
from pathlib import Path

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from annotations.models import Answer
from annotations.services.fitting import refit_project
from common.errors import Conflict, Problem
from tasks_app.fields.base import Field
from tasks_app.fields.schema import parse_fields
from tasks_app.models import Project, SchemaVersion
from training import freezing
from training.models import Snapshot, SnapshotItem
from training.splits import Member, assign_splits


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


def current_fields(project: Project) -> tuple[SchemaVersion, list[Field]]:
    """The newest schema and those of its fields that a model can learn."""
    schema = project.schema_versions.order_by("-number").first()
    fields = freezing.trainable(parse_fields(schema.fields)) if schema else []
    if schema is None or not fields:
        raise Conflict(_("This project has no field that a model can learn."), code="no_trainable_field")
    return schema, fields


def plan_splits(project: Project, fields: list[Field]) -> tuple[list[Member], dict[str, str]]:
    """Every item that would be frozen now, and the split of each group."""
    members = freezing.members_of(project, [field.name for field in fields])
    frozen = freezing.frozen_groups(project)
    return members, assign_splits(members, frozen=frozen, salt=str(project.pk))


def planned_counts(project: Project, field: Field) -> Counter[str]:
    """How many items of `field` each split would hold if it were frozen now."""
    _members, splits = plan_splits(project, current_fields(project)[1])
    truths = freezing.decided_for(project, field)
    counted = freezing.members_of(project, [field.name], truths=truths)
    return Counter(splits[member.group] for member in counted)


def _freeze(project: Project, schema: SchemaVersion, fields: list[Field], actor: User | None) -> Snapshot:
    members, splits = plan_splits(project, fields)
    if not members:
        raise Conflict(
            _("Nothing is approved in this project yet, so there is nothing to freeze."),
            code="nothing_approved",
            problems=[Problem("/project", "nothing_approved", _("Approve some answers first."))],
        )
    snapshot = _begin(project, schema, fields, actor)
    draft = snapshot.folder.with_name(f".{snapshot.pk}.draft")
    try:
        _write(snapshot, fields, members, splits, draft)
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
        people=Answer.objects.filter(project=project).values("worker").distinct().count(),
        created_by=actor,
    )


def _write(
    snapshot: Snapshot, fields: list[Field], members: list[Member], splits: dict[str, str], folder: Path
) -> None:
    rows = (
        SnapshotItem(snapshot=snapshot, item=member.item, group=member.group, split=splits[member.group])
        for member in members
    )
    SnapshotItem.objects.bulk_create(rows, batch_size=5000)
    digest = hashlib.sha256(freezing.canonical({"fields": snapshot.fields}))
    for field in fields:
        for split in SnapshotItem.Split.values:
            count, content, raw = freezing.write_split(snapshot, field, split, folder)
            digest.update(f"{field.name} {split} {content}\n".encode())
            snapshot.counts.setdefault(field.name, {})[split] = count
            snapshot.files[f"{field.name}/{split}.arrow"] = raw
    known = Snapshot.objects.filter(project=snapshot.project, sha256=digest.hexdigest()).first()
    if known is not None:
        _restore(known, folder)
        raise _NothingNew(known)
    snapshot.sha256 = digest.hexdigest()
    snapshot.save(update_fields=["sha256", "counts", "files"])


def is_whole(snapshot: Snapshot) -> bool:
    return all((snapshot.folder / name).exists() for name in snapshot.files)


def _restore(known: Snapshot, draft: Path) -> None:
    """The same data again: if the files of the first time were lost, these are byte for byte the same."""
    if not is_whole(known):
        shutil.rmtree(known.folder, ignore_errors=True)
        draft.rename(known.folder)
