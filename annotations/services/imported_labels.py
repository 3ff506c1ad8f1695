"""Labels that come with imported items: a crowd's answers from elsewhere, and truths known already."""

import hashlib
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.models import User
from annotations.models import Answer, Consensus
from annotations.references import certain
from tasks_app import selectors
from tasks_app.importing.labels import ImportedLabels
from tasks_app.models import Item, Project, SchemaVersion

_BATCH = 1000


def store_labels(project: Project, schema_version: SchemaVersion, rows: Sequence[ImportedLabels]) -> None:
    """Store one batch's labels within the import's transaction; the values have been checked."""
    people = _people(project, {answer.annotator for row in rows for answer in row.answers})
    now = timezone.now()
    Answer.objects.bulk_create(
        [
            Answer(
                project=project,
                item_id=row.item_id,
                worker_id=people[answer.annotator],
                schema_version=schema_version,
                source=Answer.Source.IMPORTED,
                value=answer.value,
                seconds=answer.seconds or 0.0,
                # Beside a known truth there is nothing left to decide; and nobody is paid here for these.
                state=Answer.State.PENDING if row.approved is None else Answer.State.APPROVED,
                decided_at=None if row.approved is None else now,
            )
            for row in rows
            for answer in row.answers
        ],
        batch_size=_BATCH,
        ignore_conflicts=True,  # the same annotator twice on one item: the first answer stands
    )
    _store_approved(project, schema_version, rows)
    unsure = [row.item_id for row in rows if row.answers and row.approved is None]
    Item.objects.filter(pk__in=unsure).update(needs_aggregation=True)


def _people(project: Project, names: Iterable[str]) -> dict[str, UUID]:
    """Name -> account. The same name is the same person within a project, and nobody who can sign in."""
    emails = {name: _email(project, name) for name in sorted(names)}
    User.objects.bulk_create(
        [
            User(
                email=email,
                display_name=name[:80],
                imported=True,
                is_active=False,
                password=make_password(None),
            )
            for name, email in emails.items()
        ],
        batch_size=_BATCH,
        ignore_conflicts=True,
    )
    ids = dict(User.objects.filter(email__in=emails.values()).values_list("email", "id"))
    return {name: ids[email] for name, email in emails.items()}


def _email(project: Project, name: str) -> str:
    digest = hashlib.sha256(f"{project.pk}\n{name}".encode()).hexdigest()[:24]
    return f"imported+{digest}@invalid"


def _store_approved(project: Project, version: SchemaVersion, rows: Sequence[ImportedLabels]) -> None:
    fields = {field.name: field for field in selectors.schema_fields(version.pk)}

    Consensus.objects.bulk_create(
        [
            Consensus(
                project=project,
                item_id=row.item_id,
                field=name,
                value=value,
                confidence=1.0,
                posterior=certain(fields[name], value, row.approved or {}, row.payload),
                answers=len(row.answers),
                state=Consensus.State.APPROVED,
            )
            for row in rows
            for name, value in (row.approved or {}).items()
        ],
        batch_size=_BATCH,
        ignore_conflicts=True,
    )
