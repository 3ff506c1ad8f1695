"""What it takes to destroy one person's key among many, and to find them."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from privacy.models import SubjectItem, SubjectKey, VaultEntry
from privacy.services.keeping import keeper_for, store_kept
from privacy.services.subjects import destroy_keys, find_subjects

SUBJECTS = 10_000


def fill(project, begin, end):
    """Two items a subject, with a name and an e-mail each."""
    keeper = keeper_for(project.pk)
    kept = []
    for number in range(begin, end):
        for turn in range(2):
            originals = [
                {"turn": turn, "start": 0, "end": 9, "kind": "EMAIL", "value": f"p{number}@example.net"},
                {"turn": turn, "start": 10, "end": 20, "kind": "PERSON", "value": f"Given{number} Family"},
            ]
            kept.append(keeper.keep(uuid4(), subject=f"c{number}", group="", originals=originals))
    store_kept(project=project.pk, kept=kept)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def erase(number):
    """The statements that it takes."""
    [match] = find_subjects(values=[f"p{number}@example.net"])
    with CaptureQueriesContext(connection) as asked:
        counts = destroy_keys(subjects=[match.subject.pk])
    assert counts["keys_destroyed"] == 1 and counts["vault_entries"] == 2
    return [one["sql"] for one in asked.captured_queries]


@pytest.mark.django_db
def test_destroying_one_of_ten_thousand_keys_reads_no_table_through(project, vault_key):
    fill(project, 0, 100)
    few = erase(7)
    fill(project, 100, SUBJECTS)
    many = erase(200)
    assert len(many) == len(few)
    for sql in many:
        if sql.startswith(("SELECT", "DELETE", "UPDATE")):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {sql}")
                plan = "\n".join(row[0] for row in cursor.fetchall())
            assert "Seq Scan" not in plan, f"{sql}\n{plan}"
    assert SubjectKey.objects.count() == SUBJECTS - 2
    assert VaultEntry.objects.count() == SubjectItem.objects.count() == 2 * (SUBJECTS - 2)
