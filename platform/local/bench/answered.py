"""`python -m local.bench.answered ITEMS`: a project whose items all have three answers and approved values.

Prints `{"project", "token", "answers"}` as JSON; runs with the environment of an installation.
"""

import json
import sys
from typing import Any

import django

from local.bench import crowd

OVERLAP = 3
_PEOPLE = 40
_SPANS = '[{"turn": 4, "start": 0, "end": 45, "label": "question"}]'
_ANSWERS = """
INSERT INTO annotations_answer (id, project_id, item_id, worker_id, schema_version_id, source, value, seconds,
    edits, state, reason, idempotency_key, request_hash, created_at)
SELECT gen_random_uuid(), i.project_id, i.id, w.id::uuid, %(schema)s, 'imported',
    jsonb_build_object('intent', (ARRAY['refund', 'delivery', 'other'])[1 + (i.position + n) %% 3],
                       'qa', %(spans)s::jsonb),
    5 + n, '[]', 'approved', '', '', '', now()
FROM tasks_app_item i
CROSS JOIN generate_series(0, %(overlap)s - 1) n
JOIN unnest(%(workers)s) WITH ORDINALITY w (id, number) ON w.number = 1 + (i.position + n) %% %(people)s
WHERE i.project_id = %(project)s
"""
_CONSENSUS = """
INSERT INTO annotations_consensus (id, project_id, item_id, field, value, confidence, posterior, answers,
    state, cause, updated_at)
SELECT gen_random_uuid(), i.project_id, i.id, f.name, f.value::jsonb, 0.97, '{}', %(overlap)s, 'approved', '',
    now()
FROM tasks_app_item i
CROSS JOIN (VALUES ('intent', '"refund"'), ('qa', %(spans)s)) f (name, value)
WHERE i.project_id = %(project)s
"""


def main(items: int) -> None:
    django.setup()
    print(json.dumps(make(items)))


def make(items: int) -> dict[str, object]:
    # Models can be loaded only after django.setup().
    from django.db import connection, transaction  # noqa: PLC0415

    from accounts.services.tokens import create_token  # noqa: PLC0415
    from tasks_app.models import Project  # noqa: PLC0415

    found = crowd.make(items, _PEOPLE, OVERLAP)
    project = Project.objects.get(pk=str(found["project"]))
    project.data_licence, project.data_basis = "CC0-1.0", "not_personal"
    project.save(update_fields=["data_licence", "data_basis"])
    schema = project.schema_versions.get().pk
    parameters: dict[str, Any] = {
        **found, "schema": schema, "spans": _SPANS, "overlap": OVERLAP, "people": _PEOPLE
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ANSWERS, parameters)
        answers = cursor.rowcount
        cursor.execute(_CONSENSUS, parameters)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE annotations_answer, annotations_consensus")
    token = create_token(user=project.owner)[1]
    return {"project": found["project"], "token": token, "answers": answers}


if __name__ == "__main__":
    main(int(sys.argv[1]))
