"""For tests of two at the same moment, without luck: one goes on once the other stands before its lock."""

import threading
import time

from django.db import connection


def wait_until_it_waits() -> None:
    """Until another connection stands before a lock."""
    waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(waits)
            if cursor.fetchone()[0]:
                return
        threading.Event().wait(0.02)
    raise AssertionError("nobody waits for the row")
