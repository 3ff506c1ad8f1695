"""Texts that models were asked about, when something in them turns out to be personal data later."""

from collections import Counter
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction

from privacy.pii.offsets import OffsetMap
from privacy.pii.redactor import Redactor
from privacy.pii.texts import Texts
from tasks_app.protecting.copies import Change, Places
from training import redaction
from training.models import Feedback, FeedbackCase, ModelVersion, Prediction, SnapshotItem

Row = TypeVar("Row", Prediction, FeedbackCase)
_CHUNK = 500


def count_snapshots(change: Change) -> Counter[str]:
    """How many snapshots and versions have learned from the item's text before: an admin has to decide."""
    snapshots = list(
        SnapshotItem.objects.filter(item=change.item).values_list("snapshot", flat=True).distinct()
    )
    versions = ModelVersion.objects.filter(snapshot__in=snapshots).count() if snapshots else 0
    return +Counter(snapshots=len(snapshots), versions=versions)


def fix_other_texts(project_id: UUID, places: Places) -> Counter[str]:
    """Replace in what predictions and cases of the project's models keep. Returns how many rows changed."""
    return +Counter(
        predictions=_fix(Prediction, {"version__model__project": project_id}, places),
        cases=_fix(FeedbackCase, {"model__project": project_id}, places),
        comments=_fix_comments(project_id, places),
    )


def _fix(kind: type[Row], mine: dict[str, Any], places: Places) -> int:
    changed = 0
    rows = kind._default_manager.filter(**mine).values_list("pk", "payload")
    for pk, payload in rows.iterator(chunk_size=_CHUNK):
        if any(places(text) for text in Texts.of(payload).all):
            changed += _fix_row(kind, pk, places)
    return changed


@transaction.atomic
def _fix_row(kind: type[Row], pk: UUID, places: Places) -> int:
    row = kind._default_manager.select_for_update().filter(pk=pk).first()
    if row is None:
        return 0
    texts = Texts.of(row.payload)
    result = Redactor("placeholder").replace(texts.all, [places(text) for text in texts.all])
    row.payload = texts.like(result.texts).put_into(row.payload)
    row.value = _value(row.value, result.maps[: len(texts.turns)], places)
    row.save(update_fields=["payload", "value"])
    if isinstance(row, Prediction):
        for feedback in Feedback.objects.filter(prediction=row, correction__isnull=False):
            feedback.correction = _value(feedback.correction, result.maps[: len(texts.turns)], places)
            feedback.save(update_fields=["correction"])
    return 1


def _value(value: Any, maps: list[OffsetMap], places: Places) -> Any:
    return _replaced(value, places) if isinstance(value, str) else redaction.carry(value, maps)


def _replaced(text: str, places: Places) -> str:
    return Redactor("placeholder").replace([text], [places(text)]).texts[0]


def _fix_comments(project_id: UUID, places: Places) -> int:
    changed = 0
    rows = Feedback.objects.filter(prediction__version__model__project=project_id).exclude(comment="")
    for row in rows.iterator(chunk_size=_CHUNK):
        if places(row.comment):
            row.comment = _replaced(row.comment, places)[:2000]
            row.save(update_fields=["comment"])
            changed += 1
    return changed
