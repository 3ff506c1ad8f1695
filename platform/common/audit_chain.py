"""The chain over the audit log: which bytes are hashed, and how. No model here, so that anybody can check it.

canonical = JSON of {action, actor, at, data, id, target, target_type}: keys sorted, no spaces, UTF-8
hash      = SHA-256(previous hash (32 bytes, zeros for the first) + canonical)
"""

import hashlib
import json
from typing import NamedTuple

GENESIS = bytes(32)
# One spelling of every column, whoever asks: microseconds in UTC, ids as text, JSON as the database has it.
COLUMNS = """
    e.id, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), e.actor::text, e.action,
    e.target_type, e.target, e.data::text
"""


class Row(NamedTuple):
    """An event as COLUMNS give it; `data` is JSON text."""

    id: int
    at: str
    actor: str | None
    action: str
    target_type: str
    target: str
    data: str


def canonical(row: Row) -> bytes:
    """The bytes that stand for the event. Equal values give equal bytes, whatever wrote them."""
    event = {**row._asdict(), "data": json.loads(row.data)}
    return json.dumps(event, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def link_hash(previous: bytes, row: Row) -> bytes:
    return hashlib.sha256(previous + canonical(row)).digest()
