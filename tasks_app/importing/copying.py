"""Bulk insertion of items: COPY into a temporary table, then one INSERT that skips what is there already."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from tasks_app.models import Project

_CREATE = """
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_item (
    n integer, id uuid, external_id text, "group" text, language text, payload jsonb, meta jsonb,
    content_hash text, gold jsonb, split text, state text, needs_aggregation boolean
) ON COMMIT DELETE ROWS
"""
_COPY = "COPY incoming_item FROM STDIN WITH (FORMAT text)"
# The sequence, not a count: two imports into one project at once must not give out one position twice.
_INSERT = """
INSERT INTO tasks_app_item
    (id, project_id, external_id, "group", language, payload, meta, content_hash, gold, split, state,
     needs_aggregation, position, priority, slots, taken, submitted, created_at)
SELECT id, %s, external_id, "group", language, payload, meta, content_hash, gold, split, state,
       needs_aggregation, nextval('tasks_app_item_position'), 0, 0, 0, 0, now()
FROM (SELECT * FROM incoming_item ORDER BY n) ordered
ON CONFLICT DO NOTHING
RETURNING id
"""
_KNOWN = "SELECT n.id FROM incoming_item n JOIN tasks_app_item i USING (content_hash) WHERE i.project_id = %s"


@dataclass(frozen=True)
class NewItem:
    id: UUID
    external_id: str
    group: str
    language: str
    payload: dict[str, Any]
    meta: dict[str, Any]
    content_hash: str
    gold: dict[str, Any] | None
    split: str
    state: str
    needs_aggregation: bool


@dataclass(frozen=True)
class Copied:
    inserted: set[UUID]
    same_content: set[UUID]  # left out: the project has this text
    # whatever is in neither set was left out because its external id is taken by another text


def copy_items(project: Project, items: Sequence[NewItem]) -> Copied:
    """Insert `items` in order, inside the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_CREATE)
        cursor.copy_expert(_COPY, io.StringIO("".join(_row(n, item) for n, item in enumerate(items))))
        cursor.execute(_INSERT, [project.pk])
        inserted = {row[0] for row in cursor.fetchall()}
        cursor.execute(_KNOWN, [project.pk])
        same = {row[0] for row in cursor.fetchall()} - inserted
        cursor.execute("DELETE FROM incoming_item")
    return Copied(inserted, same)


def _row(n: int, item: NewItem) -> str:
    cells = [
        n,
        item.id,
        item.external_id,
        item.group,
        item.language,
        json.dumps(item.payload, ensure_ascii=False),
        json.dumps(item.meta, ensure_ascii=False),
        item.content_hash,
        None if item.gold is None else json.dumps(item.gold, ensure_ascii=False),
        item.split,
        item.state,
        "t" if item.needs_aggregation else "f",
    ]
    return "\t".join(_cell(cell) for cell in cells) + "\n"


def _cell(value: object) -> str:
    if value is None:
        return "\\N"
    text = str(value)
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
