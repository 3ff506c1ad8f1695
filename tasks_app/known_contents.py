"""What a project knows its contents by, and how the plain digests of before become keyed ones."""

import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection

from privacy.keyring import UnknownKey
from privacy.services import vault
from tasks_app.content_digests import keyed, keyed_stored
from tasks_app.fields.payload import content_hash

logger = logging.getLogger(__name__)
BATCH = 10_000
_NEXT = """
SELECT id, project_id, content_hash FROM tasks_app_item
WHERE id > %s AND content_hash ~ '^[0-9a-f]{24}([0-9a-f]{40}$|:)' ORDER BY id LIMIT %s
"""
# Whatever was erased or keyed since it was read stays as it is. A text that has come in again meanwhile,
# under its keyed digest, is from now on a duplicate that was kept.
_CHANGE = """
UPDATE tasks_app_item i SET content_hash = CASE
    WHEN EXISTS (
        SELECT 1 FROM tasks_app_item o WHERE o.project_id = i.project_id AND o.content_hash = n.keyed
    ) THEN left(n.keyed, 24) || ':' || left(replace(i.id::text, '-', ''), 24) || ':0'
    ELSE n.keyed END
FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS n (id, stored, keyed)
WHERE i.id = n.id AND i.content_hash = n.stored
"""


def content_hash_in(project_id: UUID, payload: Mapping[str, Any]) -> str:
    """What an item of the project with this content is known by."""
    return keyed(vault.secret_for(project_id), content_hash(payload))


def key_contents(*, batch: int = BATCH) -> int:
    """Key what is stored plain; how many items were changed.

    Of the digest alone, and not of the text: so it works as well where no original was kept. Not within a
    transaction: each batch is one of its own, so that it goes on where it was cut off. A project whose key
    nobody has any more keeps what it has; nothing comes into it either.
    """
    secrets: dict[UUID, bytes | None] = {}
    last, changed = UUID(int=0), 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_NEXT, [last, batch])
            if not (rows := cursor.fetchall()):
                return changed
            for project in {row[1] for row in rows} - set(secrets):
                secrets[project] = _secret_of(project)
            new = [
                (pk, stored, keyed_stored(secret, stored))
                for pk, project, stored in rows
                if (secret := secrets[project]) is not None
            ]
            cursor.execute(_CHANGE, [list(column) for column in zip(*new, strict=True)] or [[], [], []])
            changed += cursor.rowcount
            last = rows[-1][0]


def _secret_of(project: UUID) -> bytes | None:
    try:
        return vault.secret_for(project)
    except UnknownKey:
        logger.warning("The key of project %s is not known: its content digests stay plain.", project)
        return None
