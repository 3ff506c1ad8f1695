"""`python -m local.bench.frozen ITEMS`: a project with so many approved items, frozen in this very process.

Prints `{"seconds", "peak_mb", "base_mb", "rows", "joined"}` as JSON; runs with the environment of an
installation. One text in fifty is a copy of the one before.
"""

import json
import resource
import sys
import time
from typing import Any

import django

_FIELD = {
    "name": "intent", "type": "choice", "title": "Intent", "labels": [{"name": "refund"}, {"name": "other"}]
}  # fmt: skip
_ITEMS = """
INSERT INTO tasks_app_item (id, project_id, external_id, "group", language, payload, meta, content_hash,
    split, state, position, priority, slots, taken, submitted, needs_aggregation, created_at)
SELECT gen_random_uuid(), %(project)s, '', '', '', jsonb_build_object('text', words.text), '{}', md5(n::text),
    '', 'closed', n, 0, 0, 0, 0, false, now()
FROM generate_series(1, %(items)s) n
CROSS JOIN LATERAL (
    SELECT string_agg('word' || abs(hashtext((n - (n %% 50 = 0)::int) || ':' || k) %% 5000), ' ') AS text
    FROM generate_series(1, 20) k
) words
"""
_CONSENSUS = """
INSERT INTO annotations_consensus (id, project_id, item_id, field, value, confidence, posterior, answers,
    state, cause, updated_at)
SELECT gen_random_uuid(), project_id, id, 'intent',
    to_jsonb(CASE WHEN position %% 9 = 0 THEN 'refund' ELSE 'other' END), 0.97, '{}', 1, 'approved', '', now()
FROM tasks_app_item WHERE project_id = %(project)s
"""


def main(items: int) -> None:
    django.setup()
    print(json.dumps(make(items)))


def make(items: int) -> dict[str, Any]:
    # Models can be loaded only after django.setup().
    from django.db import connection  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415
    from tasks_app.models import Project, SchemaVersion  # noqa: PLC0415
    from training import snapshots  # noqa: PLC0415

    owner = User.objects.create(email=f"bench-{items}@example.org", display_name="Bench")
    project = Project.objects.create(owner=owner, title=f"Bench {items}")
    SchemaVersion.objects.create(project=project, number=1, fields=[_FIELD])
    with connection.cursor() as cursor:
        for statement in (_ITEMS, _CONSENSUS):
            cursor.execute(statement, {"project": project.pk, "items": items})
        cursor.execute("ANALYZE")
    base, began = _peak_mb(), time.perf_counter()
    snapshot, _new = snapshots.freeze(project=project, actor=owner)
    return {
        "seconds": round(time.perf_counter() - began, 1),
        "peak_mb": round(_peak_mb(), 1),
        "base_mb": round(base, 1),
        "rows": sum(snapshot.counts["intent"].values()),
        "joined": snapshot.summary["duplicates"]["joined"],
    }


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(int(sys.argv[1]))
