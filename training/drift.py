"""How far a served model's inputs have drifted, read once a day by a worker that has the encoder in memory.

What the version was trained on is summed up once (DriftReference). Now is what it was asked of late; where
nobody asks it often enough, what was imported of late and was not trained on.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils import timezone

from tasks_app.models import Item
from training.engine.arrays import Floats
from training.engine.data import Row, read_arrow
from training.engine.device import choose_device
from training.engine.drift import Reference
from training.engine.survey import Describer
from training.freezing import decided
from training.models import DriftReading, DriftReference, ModelVersion, Prediction, SnapshotItem

ENCODER = "starter"
WINDOW = timedelta(days=14)
MOST = 1000  # items looked at now; the newest
MOST_TRAINED = 2000  # of training; evenly spread over it
LEAST = 50
NO_LABELS = ("text", "rank", "embedding")  # heads whose answers have no labels to count

Payload = dict[str, Any]
Seen = tuple[str, list[Payload], Counter[str]]  # source, payloads, labels


def read_drift(version_id: UUID, *, now: datetime | None = None) -> DriftReading | None:
    """Today's reading of a version; None while there is too little to read. Twice a day changes nothing."""
    now = now or timezone.now()
    version = ModelVersion.objects.select_related("model__project", "snapshot").get(pk=version_id)
    known = DriftReading.objects.filter(version=version, day=now.date()).first()
    if known is not None:
        return known
    source, payloads, labels = _seen_now(version, now)
    if len(payloads) < LEAST:
        return None
    reference = _reference(version)
    embedding = reference.of_embeddings(_vectors(payloads))
    by_label = reference.of_labels(labels) if labels and reference.labels else None
    reading, _new = DriftReading.objects.get_or_create(
        version=version,
        day=now.date(),
        defaults={
            "source": source,
            "items": len(payloads),
            "embedding": embedding.index,
            "embedding_chance": embedding.chance,
            "labels": by_label.index if by_label else None,
            "labels_chance": by_label.chance if by_label else None,
            "shares": reference.shares(labels) if by_label else {},
        },
    )
    return reading


def _seen_now(version: ModelVersion, now: datetime) -> Seen:
    asked = _asked(version, now)
    return asked if len(asked[1]) >= LEAST else _imported(version, now)


def _asked(version: ModelVersion, now: datetime) -> Seen:
    rows = Prediction.objects.filter(version=version, created_at__gte=now - WINDOW).order_by("-created_at")
    found = list(rows.values_list("payload", "value")[:MOST])
    return "predictions", [payload for payload, _ in found], labels_of(version, (value for _, value in found))


def _imported(version: ModelVersion, now: datetime) -> Seen:
    """What came in of late, with the labels that were approved of it."""
    trained = SnapshotItem.objects.filter(snapshot=version.snapshot_id, item=OuterRef("pk"))
    project, field = version.model.project, version.model.field
    fresh = Item.objects.filter(~Exists(trained), project=project, created_at__gte=now - WINDOW)
    items = fresh.filter(restricted=False).exclude(state=Item.State.WITHDRAWN)
    found = dict(items.order_by("-created_at").values_list("pk", "payload")[:MOST])
    values = decided(project, [field]).filter(item__in=list(found)).values_list("value", flat=True)
    return "items", list(found.values()), labels_of(version, values)


def _reference(version: ModelVersion) -> Reference:
    known = DriftReference.objects.filter(version=version).first()
    if known is None:
        known, _new = DriftReference.objects.get_or_create(
            version=version, defaults={"data": _sum_up(version).to_json()}
        )
    return Reference(**known.data)


def _sum_up(version: ModelVersion) -> Reference:
    """One pass over the snapshot: every label, and MOST_TRAINED texts."""
    field = version.model.field
    path = version.snapshot.folder / field / f"{SnapshotItem.Split.TRAIN}.arrow"
    step = max(1, -(-version.snapshot.counts[field]["train"] // MOST_TRAINED))
    labels: Counter[str] = Counter()
    payloads = []
    for number, row in enumerate(read_arrow(path)):
        labels.update(labels_of(version, [row.value]))
        if number % step == 0:
            payloads.append(row.payload)
    return Reference.fit(_vectors(payloads), labels)


def labels_of(version: ModelVersion, values: Iterable[Any]) -> Counter[str]:
    """How often each label occurs in answers of the version's field, in any of their forms."""
    if version.model.head in NO_LABELS:
        return Counter()
    return Counter(label for value in values for label in _labels(value))


def _labels(value: Any) -> list[str]:
    if isinstance(value, list):
        return [label for part in value for label in _labels(part)]
    if isinstance(value, dict):
        named = value.get("labels") or value.get("label") or value.get("value")
        return _labels(named)
    return [] if value is None else [str(value)]


def _vectors(payloads: list[Payload]) -> Floats:
    rows = [Row(id=str(number), payload=payload) for number, payload in enumerate(payloads)]
    return _describer(ENCODER).vectors(rows)


@lru_cache(maxsize=1)
def _describer(base: str) -> Describer:
    return Describer(base, device=choose_device("auto"))
