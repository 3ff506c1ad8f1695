"""Work that one process at a time may do, however many are asked to."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


def turn_until_commit(name: str) -> bool:
    """Whether this transaction has the turn for `name`, which it then keeps until it ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        return bool(cursor.fetchone()[0])


@contextmanager
def turn(name: str, *, wait: bool = False) -> Iterator[bool]:
    """Whether this process has the turn for `name` while the block runs; with `wait` it always comes.

    Held by the connection and not by a transaction, so the work may have many; a killed process's turn ends
    with its connection.
    """
    function = "pg_advisory_lock" if wait else "pg_try_advisory_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(hashtextextended(%s, 0))", [name])
        mine = wait or bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])
