"""Whose texts an application is given: from a name in the caller's books to a row that knows a digest of it.

The ids are those that an import's `subject` of the same name has in the project, so that one request finds a
person in dialogues, in predictions and in an application's own tables.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from privacy import blind, keyring
from privacy.holders import Subject, Terms, all_holders
from privacy.keeping import Kept
from privacy.models import DataSubject, SharingOptOut
from privacy.services.keeping import hold_subjects
from tasks_app.models import Item
from training.models import Feedback, FeedbackCase, Prediction


@dataclass(frozen=True, slots=True)
class Held:
    """id: of the DataSubject. restricted: the use of the person's data is, what comes in now included."""

    id: UUID
    restricted: bool


def subject_id(project: UUID, name: str) -> UUID:
    return blind.subject_id(keyring.index_key(), project, blind.SUBJECT, name.strip())


def hold(project: UUID, names: Iterable[str]) -> dict[str, Held]:
    """Make those that are new, in the caller's transaction; an erasure or restriction of one of them waits
    for its end, or comes before it and is seen."""
    index_key = keyring.index_key()
    ids = {name: subject_id(project, name) for name in names}
    kept = {}
    for name, pk in ids.items():
        reference = blind.reference(index_key, blind.SUBJECT, name.strip()).hex
        kept[str(pk)] = Kept("", str(pk), blind.SUBJECT, reference)
    hold_subjects(project, kept)
    rows = DataSubject.objects.filter(pk__in=ids.values(), restricted=True)
    restricted = set(rows.values_list("pk", flat=True))
    return {name: Held(pk, pk in restricted) for name, pk in ids.items()}


def lock(subject: Subject) -> None:
    """Whoever is just bringing something of these people comes first, or sees what is done now."""
    rows = DataSubject.objects.select_for_update().filter(pk__in=subject.subjects).order_by("pk")
    list(rows.values_list("pk"))


def has_opted_out(subject: UUID | None) -> bool:
    """Of sale and sharing, which holds for profiles as well: they are what is sold elsewhere."""
    return subject is not None and SharingOptOut.objects.filter(subject=subject).exists()


def items_of_cases(predictions: Collection[UUID]) -> frozenset[UUID]:
    """Items that were made of what people said of these predictions."""
    found: set[UUID] = set()
    for case in _cases_of(predictions).select_related("model"):
        own = Item.objects.filter(project=case.model.project_id, external_id=case.external_id)
        found |= set(own.values_list("pk", flat=True))
    return frozenset(found)


def erase_items(items: Iterable[UUID], terms: Terms, *, but: str) -> int:
    """Have all others who hold a part of these items erase it, in the caller's transaction. but: the holder
    who asks."""
    wanted = frozenset(items)
    if wanted:
        for other in all_holders():
            if other.name != but:
                other.erase(Subject(items=wanted), terms)
    return len(wanted)


def restrict_items(items: Iterable[UUID], *, restricted: bool, but: str) -> int:
    wanted = frozenset(items)
    if wanted:
        for other in all_holders():
            if other.name != but:
                other.restrict(Subject(items=wanted), restricted=restricted)
    return len(wanted)


def erase_predictions(ids: Collection[UUID]) -> int:
    """With the cases that were made of them, which hold the same texts. Their items are the caller's to find
    before."""
    _cases_of(ids).delete()
    return Prediction.objects.filter(pk__in=ids).delete()[0]


def _cases_of(predictions: Collection[UUID]) -> QuerySet[FeedbackCase]:
    """What others said in the same words stays theirs."""
    said = Feedback.objects.filter(case=OuterRef("pk"))
    mine = said.filter(prediction__in=predictions)
    return FeedbackCase.objects.filter(Exists(mine), ~Exists(said.exclude(prediction__in=predictions)))
