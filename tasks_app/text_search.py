"""Items by what stands in their texts; see `privacy.services.text_search`."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import connection, transaction

_CHUNK = 5_000
_SIZE = "SELECT greatest(reltuples, 1) FROM pg_class WHERE oid = 'tasks_app_item'::regclass"
# One statement and one snapshot, so that a row that is changed meanwhile is read once. Nothing but "no" comes
# back of items that do not match.
_READ = """
SELECT id, CASE WHEN payload::text || ' ' || meta::text ~* %s
    THEN jsonb_build_array(payload, meta)::text ELSE '' END
FROM tasks_app_item
"""


def search_texts(pattern: str) -> Iterator[tuple[float, UUID, str]]:
    """(share that is read, item, its texts) for each match, and for the last of every few thousand items."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_SIZE)
            (size,) = cursor.fetchone()
        with connection.chunked_cursor() as cursor:
            cursor.execute(_READ, [pattern])
            read = 0
            while rows := cursor.fetchmany(_CHUNK):
                read += len(rows)
                for item, text in rows:
                    if text:
                        yield min(read / size, 1.0), item, "\n".join(_texts(json.loads(text)))
                yield min(read / size, 1.0), rows[-1][0], ""
    yield 1.0, UUID(int=0), ""


def _texts(value: Any) -> Iterator[str]:
    """Every text and number in what JSON holds, one by one, so that no word runs into the next."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
