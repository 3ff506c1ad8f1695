"""What a project will take is read from its latest answers, however many there are."""

import json
import os

import pytest
from django.db import connection

from tasks_app import expecting
from tests.factories import make_project, make_user

pytestmark = pytest.mark.django_db
# 200,000 were tried by hand; the plan is the same from a few thousand on.
ROWS = int(os.environ.get("ROWS", "12000"))

_ITEMS = """
INSERT INTO tasks_app_item (id, project_id, external_id, "group", language, payload, meta, content_hash,
    split, state, position, priority, shuffle, slots, taken, submitted, needs_aggregation, created_at)
SELECT gen_random_uuid(), %(project)s, '', '', '', '{"text": "x"}', '{}', n::text,
    '', 'closed', n, 0, 0, 3, 3, 3, false, now()
FROM generate_series(1, %(rows)s) n
"""
_ANSWERED = """
INSERT INTO tasks_app_assignment (id, project_id, item_id, worker_id, schema_version_id, state,
    reward_minor, claim_key, item_group, created_at, lease_expires_at, closed_at, seconds, reason)
SELECT gen_random_uuid(), %(project)s, id, %(worker)s, %(version)s, 'submitted',
    1, '', '', now(), now(), now(), 9, ''
FROM tasks_app_item WHERE project_id = %(project)s
"""


@pytest.fixture
def plans(monkeypatch):
    """Of each reading of items and assignments: its nodes."""
    project = make_project(make_user("olga"))
    values = {"project": project.pk, "rows": ROWS, "worker": make_user("w").pk}
    values["version"] = project.schema_versions.get().pk
    with connection.cursor() as cursor:
        cursor.execute(_ITEMS, values)
        cursor.execute(_ANSWERED, values)
        cursor.execute("ANALYZE tasks_app_item, tasks_app_assignment")
    found = []

    def explained(execute, sql, params, many, context):
        if "LIMIT 2000" in sql or "LIMIT %s" in sql:
            with connection.cursor() as cursor:
                cursor.cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + sql, params)
                found.append(cursor.cursor.fetchone()[0])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explained):
        expecting.expect(project)
    return [one if isinstance(one, list) else json.loads(one) for one in found]


def nodes_of(plan):
    yield plan["Node Type"], plan.get("Index Name", "")
    for below in plan.get("Plans", []):
        yield from nodes_of(below)


def test_the_latest_answers_and_items_come_from_an_index_without_sorting_all(plans):
    indexes = set()
    for [one] in plans:
        nodes = list(nodes_of(one["Plan"]))
        assert not {kind for kind, _index in nodes} & {"Sort", "Seq Scan"}
        indexes |= {index for _kind, index in nodes if index}
    # Where all items are closed, as here, either of theirs does.
    assert "assignment_by_state" in indexes
    assert indexes & {"item_by_state", "item_by_position"}
