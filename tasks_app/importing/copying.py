"""Bulk insertion: COPY into a temporary table, then one INSERT that skips what is there already."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from common.copying import copy_rows
from privacy.services.keeping import store_kept
from tasks_app.importing.preparing import PreparedItem
from tasks_app.importing.rows import FINDING_COLUMNS, ITEM_COLUMNS
from tasks_app.models import Item, Project

_CREATE = """
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_item (
    n integer, id uuid, external_id text, "group" text, language text, payload jsonb, meta jsonb,
    content_hash text, gold jsonb, split text, state text, needs_aggregation boolean,
    consent boolean, legal_basis text, licence text
) ON COMMIT DELETE ROWS
"""
# The sequence, not a count: two imports into one project at once must not give out one position twice.
_INSERT = f"""
INSERT INTO tasks_app_item
    ({ITEM_COLUMNS}, project_id, position, priority, slots, taken, submitted, created_at)
SELECT {ITEM_COLUMNS}, %s, nextval('tasks_app_item_position'), 0, 0, 0, 0, now()
FROM (SELECT * FROM incoming_item ORDER BY n) ordered
ON CONFLICT DO NOTHING
RETURNING id
"""  # noqa: S608  (our own column names)
_KNOWN = "SELECT n.id FROM incoming_item n JOIN tasks_app_item i USING (content_hash) WHERE i.project_id = %s"


@dataclass(frozen=True)
class Copied:
    inserted: set[str]
    same_content: set[str]  # left out: the project has this text
    # whatever is in neither set was left out because its external id is taken by another text


def copy_items(project: Project, items: Sequence[PreparedItem]) -> Copied:
    """Insert `items` in order, with what was found in them, inside the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_CREATE)
        copy_rows(f"incoming_item (n, {ITEM_COLUMNS})", (f"{n}\t{item.item}" for n, item in enumerate(items)))
        cursor.execute(_INSERT, [project.pk])
        inserted = {str(row[0]) for row in cursor.fetchall()}
        same: set[str] = set()
        if len(inserted) < len(items):
            cursor.execute(_KNOWN, [project.pk])
            same = {str(row[0]) for row in cursor.fetchall()} - inserted
        cursor.execute("DELETE FROM incoming_item")
    new = [item for item in items if item.id in inserted]
    copy_rows(f"privacy_finding ({FINDING_COLUMNS})", (row for item in new for row in item.findings))
    restricted = store_kept(project=project.pk, kept=[item.kept for item in new if item.kept])
    if restricted:
        Item.objects.filter(pk__in=restricted).update(restricted=True)
    return Copied(inserted, same)
