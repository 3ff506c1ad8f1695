"""The customer whom a program asks for: a keyed digest of the name that the program knows them by."""

from uuid import UUID

from applications import subjects
from privacy.models import DataSubject


def customer_id(project: UUID, name: str) -> UUID:
    """The same id as a dialogue's `subject` of that name has in this project, so a request finds both."""
    return subjects.subject_id(project, name)


def hold_customer(project: UUID, name: str) -> UUID:
    """Make the customer known, in the caller's transaction; an erasure of them waits for its end."""
    return subjects.hold(project, [name])[name].id


def is_restricted(customer: UUID | None) -> bool:
    return customer is not None and DataSubject.objects.filter(pk=customer, restricted=True).exists()
