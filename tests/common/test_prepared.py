from contextlib import closing
from uuid import UUID

import psycopg2
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from common.prepared import Prepared, Rows
from tests.factories import make_user

SUM = Prepared("SELECT %(a)s::int + %(b)s::int, %(a)s::int, '100 %%'")


def statements(work):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        work()
    return [query["sql"].split()[0] for query in captured]


@pytest.mark.django_db
def test_it_is_planned_once_a_connection():
    fresh = Prepared("SELECT %(n)s::int AS once")
    assert statements(lambda: fresh.rows(n=1)) == ["PREPARE", "EXECUTE"]
    assert statements(lambda: fresh.rows(n=2)) == ["EXECUTE"]
    assert fresh.rows(n=3) == [(3,)]


@pytest.mark.django_db
def test_values_stand_where_their_names_stood():
    assert SUM.rows(b=2, a=40) == [(42, 40, "100 %")]


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_transaction_does_not_forget_it():
    fresh = Prepared("SELECT %(n)s::int AS in_a_transaction")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        fresh.rows(n=1)
        raise ZeroDivisionError
    assert fresh.rows(n=2) == [(2,)]


@pytest.mark.django_db(transaction=True)
def test_a_new_connection_learns_it_anew():
    assert SUM.rows(a=1, b=1)[0][0] == 2
    connection.close()
    assert SUM.rows(a=1, b=2)[0][0] == 3


@pytest.mark.django_db(transaction=True)
def test_statements_sent_together_are_one_transaction():
    first = Prepared("SELECT pg_advisory_xact_lock(%(lock)s::bigint)")
    held = Prepared("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %(lock)s::bigint")
    assert held.rows_after(first, lock=77) == [(1,)]
    assert held.rows(lock=77) == [(0,)]


@pytest.mark.django_db
def test_rows_become_instances():
    person = make_user("annotator", languages=["en", "zh"])
    some = Rows(User, "u", "id", "languages")
    statement = f"SELECT {some.columns} FROM accounts_user u WHERE u.id = %(id)s"  # noqa: S608
    [row] = Prepared(statement).rows(id=person.pk)
    found = some.of(row)
    assert (found, found.languages) == (person, ["en", "zh"])
    assert found.get_deferred_fields() >= {"email", "display_name"}
    assert isinstance(found.pk, UUID)


@pytest.mark.django_db(transaction=True)
def test_a_living_connection_is_not_asked_whether_it_lives():
    connection.ensure_connection()
    with CaptureQueriesContext(connection) as captured:
        assert connection.is_usable()
    assert len(captured) == 0


@pytest.mark.django_db(transaction=True)
def test_a_connection_whose_server_left_is_noticed_before_it_is_used():
    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    with closing(psycopg2.connect(connection.connection.dsn)) as other, other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    assert not connection.is_usable()
    connection.close()
    assert User.objects.count() == 0
