"""What an analysis kept of a project's turns, filtered, with texts read from the items of now."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.utils.translation import gettext as _

from common.errors import NotFound
from tasks_app.fields.payload import turn_texts
from tasks_app.models import Item, Project
from training.analysis import rows
from training.analysis.looking import Look
from training.analysis.nearest import Ints
from training.analysis_filter import Filter, items_of
from training.models import AnalysisResult

Where = tuple[str, int]  # an item's id, and a turn


@dataclass(frozen=True, slots=True)
class Collected:
    """`data` is what the part told: topics and questions, largest first."""

    project: Project
    data: dict[str, Any]
    look: Look

    @property
    def topics(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.data["topics"]
        return found

    @property
    def questions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.data["questions"]
        return found

    def where(self, places: Ints) -> list[Where]:
        """Of rows of turns."""
        turns = self.look.all_turns
        return list(zip(turns.id[places], turns.turn[places].tolist(), strict=True))

    def turns_of(self, column: str, number: int) -> Ints:
        """The rows looked at that are of a topic or ask a question, in the order of items."""
        chosen: Ints = np.flatnonzero(self.look.turns & (getattr(self.look.all_turns, column) == number))
        return chosen


def read_collected(project: Project, result: AnalysisResult, wanted: Filter) -> Collected:
    """Raises NotFound where an erasure or a tidying took the files: then it is to be asked for again."""
    try:
        turns, labels = rows.read(result.folder)
    except FileNotFoundError:
        raise NotFound(_("What this analysis kept is gone; ask for it again.")) from None
    chosen = None
    if not wanted.takes_all:
        chosen = {str(pk) for pk in items_of(project, wanted).values_list("pk", flat=True)}
    return Collected(project, result.data, Look.at(turns, labels, chosen))


def texts_at(project: Project, places: Iterable[Where]) -> dict[Where, str]:
    """The texts of now at these places; what is withdrawn, restricted or gone is left out."""
    wanted = list(places)
    ids = {UUID(item) for item, _turn in wanted}
    there = Item.objects.filter(project=project, pk__in=ids, restricted=False)
    found = there.exclude(state=Item.State.WITHDRAWN).values_list("pk", "payload")
    said = {str(pk): turn_texts(payload) for pk, payload in found}
    return {(item, turn): said[item][turn] for item, turn in wanted if turn < len(said.get(item, ()))}
