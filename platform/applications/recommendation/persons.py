"""From the name that somebody has in the owner's books to the row that knows only a digest of it."""

from collections.abc import Iterable
from uuid import UUID

from applications.recommendation.models import Person
from privacy import blind, keyring
from privacy.keeping import Kept
from privacy.models import DataSubject, SharingOptOut
from privacy.services.keeping import hold_subjects


def person_id(project: UUID, key: str) -> UUID:
    """The same id as a dialogue's `subject` of that name has in this project, so a request finds both."""
    return blind.subject_id(keyring.index_key(), project, blind.SUBJECT, key.strip())


def find_person(project: UUID, key: str) -> Person | None:
    return Person.objects.filter(project=project, pk=person_id(project, key)).first()


def hold_persons(project: UUID, keys: Iterable[str]) -> dict[str, Person]:
    """Make those that are new, in the caller's transaction; an erasure of one of them waits for its end."""
    index_key = keyring.index_key()
    ids = {key: person_id(project, key) for key in keys}
    kept = {}
    for key, pk in ids.items():
        reference = blind.reference(index_key, blind.SUBJECT, key.strip()).hex
        kept[str(pk)] = Kept("", str(pk), blind.SUBJECT, reference)
    hold_subjects(project, kept)
    restricted = set(
        DataSubject.objects.filter(pk__in=ids.values(), restricted=True).values_list("pk", flat=True)
    )
    Person.objects.bulk_create(
        [Person(pk=pk, project_id=project, restricted=pk in restricted) for pk in sorted(set(ids.values()))],
        ignore_conflicts=True, batch_size=1000,
    )  # fmt: skip
    rows = Person.objects.select_for_update(no_key=True).filter(pk__in=ids.values()).order_by("pk")
    found = {row.pk: row for row in rows}
    return {key: found[pk] for key, pk in ids.items()}


def may_profile(person: Person) -> bool:
    """Not of whom has opted out, or has the use of their data restricted: they get what is popular."""
    return not person.restricted and not SharingOptOut.objects.filter(subject=person.pk).exists()


def unprofiled(project: UUID) -> set[UUID]:
    """Everybody of whom no profile may be made, here and where weights are learned."""
    theirs = Person.objects.filter(project=project)
    opted_out = SharingOptOut.objects.filter(subject__isnull=False).values("subject")
    out = theirs.filter(pk__in=opted_out).values_list("pk", flat=True)
    return set(out) | set(theirs.filter(restricted=True).values_list("pk", flat=True))
