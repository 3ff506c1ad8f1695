"""What a project's last analysis called its topics and where it put its texts, so that a new one goes on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.conf import settings

from tasks_app.models import Project
from training.analysis import rows
from training.analysis.matching import Identity
from training.analysis.nearest import Floats, Ints
from training.analysis.topics import NO_TOPIC, Former
from training.models import AnalysisResult


@dataclass(frozen=True, slots=True)
class FormerTopics:
    """last: the highest number that was ever given to a topic."""

    topics: Former
    identities: list[Identity]
    last: int


def former_topics(
    project: Project, key: str, ids: Sequence[str], turn: Ints, text: Ints, texts: int
) -> FormerTopics | None:
    """Of the newest other analysis by the same encoder whose files are there; None where there is none.

    ids, turn: (N,) the turns of the new analysis; text: (N,) 0..texts-1, which distinct text each one says.
    """
    results = AnalysisResult.objects.filter(project=project, part="topics").exclude(key=key)
    for result in results.order_by("-created_at"):
        if result.data.get("encoder") != settings.BASE_MODEL:
            continue
        try:
            turns, _ = rows.read(result.folder)
            centres = rows.read_centres(result.folder)
        except FileNotFoundError:
            continue
        known = [Identity(one["number"], one["colour"], one["name"]) for one in result.data["topics"]]
        former = Former(*_known(turns, ids, turn, text, texts), centres, result.data["founded_on"])
        return FormerTopics(former, known, result.data["last_number"])
    return None


def _known(turns: rows.Turns, ids: Sequence[str], turn: Ints, text: Ints, texts: int) -> tuple[Floats, Ints]:
    """(texts, 2) places and (texts,) topics; a text is known where any turn that says it was there."""
    row_of = {where: row for row, where in enumerate(zip(turns.id, turns.turn.tolist(), strict=True))}
    there = np.array(
        [row_of.get(where, -1) for where in zip(ids, turn.tolist(), strict=True)], dtype=np.int64
    )
    mine, row = text[there >= 0], there[there >= 0]
    places = np.full((texts, 2), np.nan, dtype=np.float32)
    topics = np.full(texts, NO_TOPIC, dtype=np.int64)
    places[mine, 0], places[mine, 1] = turns.x[row], turns.y[row]
    topics[mine] = turns.topic[row]
    return places, topics
