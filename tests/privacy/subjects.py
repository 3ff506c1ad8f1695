"""What tests of erasure share: everything that knows of a person, and whether the books still add up."""

from typing import Any
from uuid import uuid4

from django.db import connection, transaction
from django.db.models import Sum

from privacy.holders import Subject, Terms, all_holders
from rewards.models import Entry, LedgerAccount


def erase(subject: Subject, terms: Terms | None = None) -> dict[str, dict[str, int]]:
    """All holders, as a request runs them."""
    terms = terms or Terms(request=uuid4())
    with transaction.atomic():
        return {holder.name: holder.erase(subject, terms) for holder in all_holders()}


def restrict(subject: Subject, *, restricted: bool) -> dict[str, dict[str, int]]:
    with transaction.atomic():
        return {h.name: h.restrict(subject, restricted=restricted) for h in all_holders()}


def residue(subject: Subject) -> dict[str, dict[str, int]]:
    return {holder.name: left for holder in all_holders() if (left := holder.residue(subject))}


def holdings(subject: Subject) -> dict[str, list[dict[str, Any]]]:
    return {one.name: list(one.rows) for h in all_holders() for one in h.holdings(subject)}


def assert_books_add_up() -> None:
    assert (Entry.objects.aggregate(n=Sum("amount"))["n"] or 0) == 0
    for account in LedgerAccount.objects.all():
        assert account.balance == (account.entries.aggregate(n=Sum("amount"))["n"] or 0), account


def rows_that_say(*values: str) -> list[str]:
    """Tables with a row that holds one of the values in the clear; asks the database, not our own list."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(
                f'SELECT count(*) FROM "{table}" t WHERE t::text ILIKE ANY(%s)',  # noqa: S608
                [[f"%{value}%" for value in values]],
            )
            if cursor.fetchone()[0]:
                found.append(table)
    return found
