"""Events become links of the chain a moment after they were written (docs/decisions/0145)."""

from collections.abc import Iterator

from django.db import connection, transaction
from psycopg2.extras import execute_values

from common.audit_chain import COLUMNS, GENESIS, Row, link_hash
from common.turns import turn_until_commit

AT_ONCE = 5_000
TURN = "audit-chain"
# What a transaction still holds back, or took back, is not seen here: ids may have gaps and come late.
_TAKE = f"""
WITH taken AS (
    DELETE FROM common_auditpending
    WHERE event IN (SELECT event FROM common_auditpending ORDER BY event LIMIT %s)
    RETURNING event
)
SELECT {COLUMNS} FROM common_auditevent e JOIN taken ON taken.event = e.id ORDER BY e.id
"""  # noqa: S608 - constants
_APPEND = "INSERT INTO common_auditlink (position, event, previous, hash, sealed_at) VALUES %s"


def seal_events(*, at_once: int = AT_ONCE) -> int:
    """Append all that waits to the chain; how many. One process at a time: others find nothing to do.

    A killed sealer leaves its batch waiting, as all of it is one transaction.
    """
    sealed = 0
    while batch := _seal_batch(at_once):
        sealed += batch
    return sealed


@transaction.atomic
def _seal_batch(at_once: int) -> int:
    if not turn_until_commit(TURN):
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT position, hash FROM common_auditlink ORDER BY position DESC LIMIT 1")
        position, head = cursor.fetchone() or (0, GENESIS)
        cursor.execute(_TAKE, [at_once])
        rows = [Row(*row) for row in cursor.fetchall()]
        links = list(_links(rows, int(position), bytes(head)))
        template = "(%s, %s, %s, %s, clock_timestamp())"
        if links:
            execute_values(cursor.cursor, _APPEND, links, template=template, page_size=1_000)
    return len(links)


def _links(rows: list[Row], position: int, head: bytes) -> Iterator[tuple[int, int, bytes, bytes]]:
    for row in rows:
        position, previous, head = position + 1, head, link_hash(head, row)
        yield position, row.id, previous, head
