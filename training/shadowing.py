"""What a version in the shadow would have said: asked in the background about predictions that were stored.

Only stored texts are asked about, in which personal data is replaced, and production is asked about the same
text again: so the two are compared on equal terms, and a live request waits for nothing.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from training import serving
from training.models import Prediction, Rollout, ShadowPrediction

CHUNK, MOST = 64, 1024  # predictions in one pass, and in one round
# Ids are made before rows are committed: what is younger may still be followed by an older one.
SETTLED = timedelta(seconds=10)
_LABELS = 20


def running() -> list[UUID]:
    return list(
        Rollout.objects.filter(kind=Rollout.Kind.SHADOW, state=Rollout.State.RUNNING).values_list(
            "pk", flat=True
        )
    )


def follow(rollout_id: UUID) -> None:
    """Go on where the last round ended, up to now. A second worker at the same rollout finds it taken."""
    seen = 0
    while seen < MOST and (number := _follow_chunk(rollout_id)):
        seen += number


@transaction.atomic
def _follow_chunk(rollout_id: UUID) -> int:
    """How many predictions were looked at; their shadows and the place are stored together."""
    rollout = (
        Rollout.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("version__model", "baseline__model")
        .filter(pk=rollout_id, state=Rollout.State.RUNNING)
        .first()
    )
    chunk = list(_next(rollout)[:CHUNK]) if rollout else []
    if rollout is None or not chunk:
        return 0
    drawn = [row for row in chunk if is_drawn(row.pk, rollout.share)]
    if drawn:
        ShadowPrediction.objects.bulk_create(_shadows(rollout, drawn), ignore_conflicts=True)
    rollout.cursor, rollout.figures = chunk[-1].pk, figures(rollout)
    rollout.watched_at = timezone.now()
    rollout.save(update_fields=["cursor", "figures", "watched_at"])
    return len(chunk)


def is_drawn(prediction_id: UUID, share: float) -> bool:
    """By the random part of the id, so that a second look draws the same ones."""
    return int.from_bytes(prediction_id.bytes[-4:], "big") < share * 2**32


def _next(rollout: Rollout) -> QuerySet[Prediction]:
    settled = timezone.now() - SETTLED
    rows = Prediction.objects.filter(
        version=rollout.baseline_id, created_at__gte=rollout.started_at, created_at__lt=settled
    ).order_by("pk")
    return rows.filter(pk__gt=rollout.cursor) if rollout.cursor else rows


def _shadows(rollout: Rollout, rows: Sequence[Prediction]) -> list[ShadowPrediction]:
    payloads = [row.payload for row in rows]
    usual = serving.answers_in_background(rollout.baseline, payloads)
    tried = serving.answers_in_background(rollout.version, payloads)
    return [
        ShadowPrediction(
            rollout=rollout, prediction=row, value=new.value, usual=old.value, confidence=new.confidence,
            agrees=new.value == old.value,
        )
        for row, old, new in zip(rows, usual, tried, strict=True)
    ]  # fmt: skip


def figures(rollout: Rollout) -> dict[str, object]:
    """How many were compared, the share of equal answers, and how often each label was given by either."""
    shadows = ShadowPrediction.objects.filter(rollout=rollout)
    counts = shadows.aggregate(compared=Count("pk"), equal=Count("pk", filter=Q(agrees=True)))
    labels: dict[str, dict[str, int]] = {}
    latest = shadows.order_by("-pk").values_list("usual", "value")[:5000]
    for side, index in (("production", 0), ("shadow", 1)):
        counted = Counter(label for pair in latest for label in labels_in(pair[index]))
        for label, number in counted.items():
            labels.setdefault(label, {"production": 0, "shadow": 0})[side] = number
    common = sorted(labels.items(), key=lambda entry: -sum(entry[1].values()))[:_LABELS]
    compared = counts["compared"]
    return {
        "compared": compared,
        "agreement": counts["equal"] / compared if compared else None,
        "labels": [{"label": label, **sides} for label, sides in common],
    }


def labels_in(value: object) -> list[str]:
    """The labels that an answer names, whatever its field: one, several, or those of turns and spans."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, int | float):
        return [str(value)]
    if isinstance(value, dict):
        named = value.get("labels") or value.get("label") or value.get("value")
        return labels_in(named) if named is not None else []
    return [label for entry in value for label in labels_in(entry)] if isinstance(value, list) else []
