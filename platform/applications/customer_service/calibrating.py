"""The threshold of a project: tried on its own approved dialogues, each without itself."""

from collections.abc import Sequence

import numpy as np
from django.conf import settings

from applications.customer_service.calibration import choose_threshold
from applications.customer_service.models import Knowledge, Pair, Threshold
from tasks_app.models import Project
from training.freezing import decided

MOST = 4_000  # pairs of a language that are compared with one another
INTENT = "intent"


def calibrate(project: Project) -> list[Threshold]:
    """A threshold for each language. That the nearest pair of another dialogue came up in a conversation of
    the same approved intent counts as right: the closest to "answers it" that the labels can tell."""
    knowledge, _new = Knowledge.objects.get_or_create(project=project)
    pairs = Pair.objects.filter(project=project, encoder=settings.BASE_MODEL, item__isnull=False)
    intents = {str(row.item_id): str(row.value) for row in decided(project, [INTENT]).only("item", "value")}
    found = []
    for language in pairs.order_by().values_list("language", flat=True).distinct():
        rows = [row for row in pairs.filter(language=language)[:MOST] if str(row.item_id) in intents]
        chosen = choose_threshold(_tried(rows, intents), wanted=knowledge.wanted)
        values = {
            "encoder": settings.BASE_MODEL, "wanted": knowledge.wanted, "similarity": chosen.similarity,
            "precision": chosen.precision, "covered": chosen.covered, "questions": chosen.questions,
        }  # fmt: skip
        row, _made = Threshold.objects.update_or_create(project=project, language=language, defaults=values)
        found.append(row)
    return found


def threshold_of(project: Project, language: str) -> Threshold | None:
    """That of the encoder in use; one of another says nothing about its similarities."""
    return Threshold.objects.filter(project=project, language=language, encoder=settings.BASE_MODEL).first()


def _tried(rows: Sequence[Pair], intents: dict[str, str]) -> list[tuple[float, bool]]:
    if len(rows) < 2:
        return []
    vectors = np.array([row.vector for row in rows], dtype=np.float32)
    items = np.array([str(row.item_id) for row in rows])
    tried = []
    for number, row in enumerate(rows):
        likeness = np.where(items == items[number], -1.0, vectors @ vectors[number])
        best = int(likeness.argmax())
        if likeness[best] > -1.0:
            tried.append((float(likeness[best]), intents[items[best]] == intents[str(row.item_id)]))
    return tried
