"""From a request to the subject that the holders are asked about."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from privacy.holders import Subject
from privacy.models import SubjectRequest
from privacy.particulars import Value, keep, particulars_of
from privacy.services import subjects, text_search


def subject_of(row: SubjectRequest) -> Subject:
    """By account, by the items found before, and by what the vault finds now. Proven values only."""
    known = particulars_of(row)
    proven = [value for value in known.values if value.proven]
    items = items_with(proven) | {UUID(item) for item in known.items}
    for subject in known.subjects:
        items |= subjects.items_of(UUID(subject))
    words = dict.fromkeys([*known.words, *_words(row, proven)])
    return Subject(account=row.account, items=frozenset(items), values=tuple(words))


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


def items_with(values: Iterable[Value]) -> set[UUID]:
    """Every item in whose originals one of the values occurs, or whose subject is known by it."""
    sure = _telling(list(values))
    found = subjects.find_subjects(values=[value.text for value in sure]) if sure else []
    return {item for match in found for item in match.items}


def _telling(values: list[Value]) -> list[Value]:
    """A name is shared by many: it counts where nothing else is known."""
    return [value for value in values if value.kind != "name"] or values


def _words(row: SubjectRequest, proven: list[Value]) -> tuple[str, ...]:
    """What to look for in the clear. An account's own address belongs to it, proven or not."""
    words = [value.text for value in proven if value.kind != "customer_id"]
    if row.account is not None:
        words += User.objects.filter(pk=row.account, imported=False).values_list("email", flat=True)
    return tuple(dict.fromkeys(words))


def matches_of(row: SubjectRequest) -> list[subjects.Match]:
    """People in dialogues who are known by one of the proven values, for the desk to recognise."""
    proven = [value.text for value in particulars_of(row).values if value.proven]
    return subjects.find_subjects(values=proven) if proven else []
