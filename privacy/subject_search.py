"""From a request to the subject that the holders are asked about."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from uuid import UUID

from django.utils import timezone

from privacy.holders import Subject
from privacy.models import SubjectRequest
from privacy.particulars import Value, keep, particulars_of
from privacy.services import subjects, text_search


def subject_of(row: SubjectRequest) -> Subject:
    """By account, by the items found before, and by what the vault finds now. Proven values only."""
    known = particulars_of(row)
    proven = [value for value in known.values if value.proven]
    matches = _matches(proven)
    people = {UUID(subject) for subject in known.subjects}
    people |= {match.subject.pk for match in matches if match.by_reference}
    items = {UUID(item) for item in known.items}.union(*(match.items for match in matches))
    items = items.union(*map(subjects.items_of, people))
    words = dict.fromkeys([*known.words, *_words(proven)])
    return Subject(row.account, frozenset(items), tuple(words), frozenset(people))


def search_texts(row: SubjectRequest, report: Callable[[float], None] = lambda share: None) -> None:
    """Look through all texts in the clear for what is proven to be the person's, and keep where it was found.

    Reads every text once: for a worker, not for a page.
    """
    known = particulars_of(row)
    values = [value.text for value in _telling([value for value in known.values if value.proven])]
    found = {str(item) for item in text_search.search_items(values=values, report=report)}
    keep(row, replace(known, items=tuple(sorted(found | set(known.items)))))
    row.searched_at = timezone.now()
    SubjectRequest.objects.filter(pk=row.pk).update(
        nonce=row.nonce, sealed=row.sealed, searched_at=row.searched_at
    )


def keep_items(row: SubjectRequest, subject: Subject) -> None:
    """Remember where the person was found, and by what: an erasure destroys both."""
    items = tuple(sorted(map(str, subject.items)))
    keep(row, replace(particulars_of(row), items=items, words=subject.values))
    SubjectRequest.objects.filter(pk=row.pk).update(nonce=row.nonce, sealed=row.sealed)


def _matches(values: Iterable[Value]) -> list[subjects.Match]:
    """In whose originals one of the values occurs, or who is known by it."""
    sure = _telling(list(values))
    return subjects.find_subjects(values=[value.text for value in sure]) if sure else []


def _telling(values: list[Value]) -> list[Value]:
    """A name is shared by many: it counts where nothing else is known."""
    return [value for value in values if value.kind != "name"] or values


def _words(proven: list[Value]) -> tuple[str, ...]:
    """What to look for in the clear. Not an account's address whose mailbox nobody has shown to read: anybody
    can sign up with somebody else's, and would end that one's requests and read of them."""
    return tuple(dict.fromkeys(value.text for value in proven if value.kind != "customer_id"))


def matches_of(row: SubjectRequest) -> list[subjects.Match]:
    """People in dialogues who are known by one of the proven values, for the desk to recognise."""
    proven = [value.text for value in particulars_of(row).values if value.proven]
    return subjects.find_subjects(values=proven) if proven else []
