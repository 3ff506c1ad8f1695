"""What is known of somebody who wants something recommended: what they used, or what they say they like."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from applications.embedding import embed
from applications.recommendation import persons, vectors
from applications.recommendation.matching import history_text
from applications.recommendation.models import CatalogueItem, Interaction, Person
from common.errors import Invalid, Problem
from tasks_app.models import Project

PROFILE = 10  # of the last items: what lies near one of them is likened to the history
MOST_SEEN = 5000
LONGEST = 2000  # characters of typed interests


@dataclass(frozen=True, slots=True)
class Taste:
    """text: what the model reads as the history; empty where nothing is known. items: the history's last
    ones, the latest first; vectors: theirs, (H, D), or that of the words. seen: not to be recommended again.
    person: whose it is, where that is known. why: a code that says why nothing is known: "", "nobody",
    "opted_out"."""

    text: str
    items: Sequence[CatalogueItem] = ()
    seen: frozenset[UUID] = frozenset()
    person: Person | None = None
    why: str = ""
    vectors: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 1), dtype=np.float32))


def taste_of_person(project: Project, key: str) -> Taste:
    """Of the name that somebody has in the owner's books. Of somebody who is unknown nothing is stored."""
    return taste_of_row(persons.find_person(project.pk, key))


def taste_of_row(person: Person | None) -> Taste:
    if person is None:
        return Taste("", why="nobody")
    rows = Interaction.objects.filter(person=person).order_by("-at", "-pk")
    seen = frozenset(rows.values_list("item", flat=True)[:MOST_SEEN])
    if not persons.may_profile(person):
        return Taste("", seen=seen, person=person, why="opted_out")
    liked = rows.exclude(kind=Interaction.Kind.DISMISSED).exclude(
        item__in=rows.filter(kind=Interaction.Kind.DISMISSED).values("item")
    )
    ids = list(dict.fromkeys(liked.values_list("item", flat=True)[: 4 * PROFILE]))[:PROFILE]
    found = CatalogueItem.objects.in_bulk(ids)
    return _of_items([found[pk] for pk in ids], seen=seen, person=person)


def taste_of_history(project: Project, names: Sequence[str]) -> Taste:
    """Of items by their ids in the catalogue, the latest first. Raises Invalid for one that is not there."""
    rows = CatalogueItem.objects.filter(project=project, external_id__in=names)
    found = {row.external_id: row for row in rows}
    missing = [name for name in names if name not in found]
    if missing:
        detail = _("There is no item “%s” in the catalogue.") % missing[0]
        raise Invalid(detail, problems=[Problem("/history", "unknown", detail)])
    items = [found[name] for name in dict.fromkeys(names)]
    return _of_items(items[:PROFILE], seen=frozenset(item.pk for item in items))


def taste_of_interests(text: str) -> Taste:
    """Of what somebody types of whom nothing else is known."""
    text = " ".join(text.split())
    if not 3 <= len(text) <= LONGEST:
        detail = _("Say in 3 to %d characters what the person likes.") % LONGEST
        raise Invalid(detail, problems=[Problem("/interests", "length", detail)])
    return Taste(text, vectors=embed([text]))


def _of_items(
    items: Sequence[CatalogueItem], *, seen: frozenset[UUID], person: Person | None = None
) -> Taste:
    why = "" if items else "nobody"
    return Taste(history_text(items), items, seen, person, why, vectors.array_of(items))
