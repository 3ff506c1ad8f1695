"""From the name that somebody has in the owner's books to the row that knows only a digest of it."""

from collections.abc import Iterable
from uuid import UUID

from applications import subjects
from applications.recommendation.models import Person
from privacy.models import SharingOptOut


def person_id(project: UUID, key: str) -> UUID:
    """The same id as a dialogue's `subject` of that name has in this project, so a request finds both."""
    return subjects.subject_id(project, key)


def find_person(project: UUID, key: str) -> Person | None:
    return Person.objects.filter(project=project, pk=person_id(project, key)).first()


def hold_persons(project: UUID, keys: Iterable[str]) -> dict[str, Person]:
    """Make those that are new, in the caller's transaction; an erasure of one of them waits for its end."""
    held = subjects.hold(project, keys)
    new = {one.id: one.restricted for one in held.values()}
    Person.objects.bulk_create(
        [Person(pk=pk, project_id=project, restricted=new[pk]) for pk in sorted(new)],
        ignore_conflicts=True, batch_size=1000,
    )  # fmt: skip
    rows = Person.objects.select_for_update(no_key=True).filter(pk__in=list(new)).order_by("pk")
    found = {row.pk: row for row in rows}
    return {key: found[one.id] for key, one in held.items()}


def may_profile(person: Person) -> bool:
    """Not of whom has opted out, or has the use of their data restricted: they get what is popular."""
    return not person.restricted and not subjects.has_opted_out(person.pk)


def unprofiled(project: UUID) -> set[UUID]:
    """Everybody of whom no profile may be made, here and where weights are learned."""
    theirs = Person.objects.filter(project=project)
    opted_out = SharingOptOut.objects.filter(subject__isnull=False).values("subject")
    out = theirs.filter(pk__in=opted_out).values_list("pk", flat=True)
    return set(out) | set(theirs.filter(restricted=True).values_list("pk", flat=True))
