"""The customer whom a program asks for: a keyed digest of the name that the program knows them by."""

from uuid import UUID

from privacy import blind, keyring
from privacy.keeping import Kept
from privacy.models import DataSubject
from privacy.services.keeping import hold_subjects


def customer_id(project: UUID, name: str) -> UUID:
    """The same id as a dialogue's `subject` of that name has in this project, so a request finds both."""
    return blind.subject_id(keyring.index_key(), project, blind.SUBJECT, name.strip())


def hold_customer(project: UUID, name: str) -> UUID:
    """Make the customer known, in the caller's transaction; an erasure of them waits for its end."""
    found = customer_id(project, name)
    reference = blind.reference(keyring.index_key(), blind.SUBJECT, name.strip()).hex
    hold_subjects(project, {str(found): Kept("", str(found), blind.SUBJECT, reference)})
    return found


def is_restricted(customer: UUID | None) -> bool:
    return customer is not None and DataSubject.objects.filter(pk=customer, restricted=True).exists()
