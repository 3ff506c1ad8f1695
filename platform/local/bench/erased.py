"""`python -m local.bench.erased SUBJECTS ANNOTATORS ANSWERS`: a project in which so many people occur and so
many answered, a frozen snapshot and a version of a model with its files; then one of each is erased.

Prints `{"subject_seconds", "subject_residue", "subject_leaks", "annotator_seconds", ...}` as JSON; runs with
the environment of an installation. Leaks are rows of any table, and files, that still say the person's marks.
"""

import json
import sys
import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import django

_FIELD = {
    "name": "intent", "type": "choice", "title": "Intent", "labels": [{"name": "refund"}, {"name": "other"}]
}  # fmt: skip
_SUBJECT = ("Ottokar Wernstedt",)
_ANNOTATOR = ("Wilhelmina Quist", "w.quist@example.org")
_ITEMS = """
INSERT INTO tasks_app_item (id, project_id, external_id, "group", language, payload, meta, content_hash,
    split, state, position, priority, slots, taken, submitted, needs_aggregation, created_at)
SELECT gen_random_uuid(), %(project)s, 'chat-' || n, 'person-' || n, 'en',
    jsonb_build_object('text', CASE WHEN n = %(subjects)s / 2 THEN %(marks)s ELSE '' END || words.text),
    '{}', lpad(n::text, 64, '0'), '', 'closed', n, 0, %(each)s, %(each)s, %(each)s, false, now()
FROM generate_series(0, %(subjects)s - 1) n
CROSS JOIN LATERAL (
    SELECT string_agg('word' || abs(hashtext(n || ':' || k) %% 5000), ' ') AS text
    FROM generate_series(1, 40) k
) words
"""
_PEOPLE = """
INSERT INTO accounts_user (id, password, is_superuser, email, display_name, language, languages, imported,
    is_active, is_staff, date_joined)
SELECT gen_random_uuid(), '!', false, CASE WHEN n = 0 THEN %(mail)s ELSE 'a' || n || '@example.org' END,
    CASE WHEN n = 0 THEN %(name)s ELSE '' END, 'en', '{}', false, true, false, now()
FROM generate_series(0, %(annotators)s - 1) n
"""
# The k-th answer of person w is about item (w * answers + k) modulo items: each item gets as many.
_ASSIGNMENTS = """
INSERT INTO tasks_app_assignment (id, project_id, item_id, worker_id, schema_version_id, state, reward_minor,
    claim_key, item_group, reason, created_at, lease_expires_at, closed_at, seconds)
SELECT gen_random_uuid(), %(project)s, i.id, w.id, %(schema)s, 'submitted', 0, '', i."group", '', now(),
    now(), now(), 5
FROM (SELECT id, row_number() OVER (ORDER BY email) - 1 AS n FROM accounts_user WHERE password = '!') w
CROSS JOIN generate_series(0, %(answers)s - 1) k
JOIN tasks_app_item i ON i.project_id = %(project)s AND i.position = (w.n * %(answers)s + k) %% %(subjects)s
"""
_ANSWERS = """
INSERT INTO annotations_answer (id, assignment_id, project_id, item_id, worker_id, schema_version_id, source,
    value, seconds, edits, state, reason, idempotency_key, request_hash, created_at)
SELECT gen_random_uuid(), s.id, s.project_id, s.item_id, s.worker_id, s.schema_version_id, 'crowd',
    '{"intent": "refund"}', 5, '[]', 'approved', '', '', '', now()
FROM tasks_app_assignment s
"""
_CONSENSUS = """
INSERT INTO annotations_consensus (id, project_id, item_id, field, value, confidence, posterior, answers,
    state, cause, updated_at)
SELECT gen_random_uuid(), project_id, id, 'intent',
    to_jsonb(CASE WHEN position %% 9 = 0 THEN 'refund' ELSE 'other' END), 0.97, '{}', %(each)s, 'approved',
    '', now()
FROM tasks_app_item WHERE project_id = %(project)s
"""


def main(arguments: list[str]) -> None:
    django.setup()
    subjects, annotators, answers = map(int, arguments)
    made = make(subjects, annotators, answers)
    print(json.dumps({**_erase_subject(made), **_erase_annotator()}))


def make(subjects: int, annotators: int, answers: int) -> dict[str, Any]:
    # Models can be loaded only after django.setup().
    from django.db import connection  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415
    from tasks_app.models import Project, SchemaVersion  # noqa: PLC0415

    owner = User.objects.create(email=f"{uuid4()}@example.org")
    project = Project.objects.create(owner=owner, title="Support chats", reward_minor=0)
    schema = SchemaVersion.objects.create(project=project, number=1, fields=[_FIELD])
    values: dict[str, Any] = {
        "project": project.pk, "schema": schema.pk, "subjects": subjects, "annotators": annotators,
        "answers": answers, "each": annotators * answers // subjects, "marks": f"I am {_SUBJECT[0]}. ",
        "name": _ANNOTATOR[0], "mail": _ANNOTATOR[1],
    }  # fmt: skip
    with connection.cursor() as cursor:
        for statement in (_ITEMS, _PEOPLE, _ASSIGNMENTS, _ANSWERS, _CONSENSUS):
            cursor.execute(statement, values)
        cursor.execute("ANALYZE")
    _trained(project)
    return values


def _trained(project: Any) -> None:
    """A version as a training leaves it, with real files and no real weights."""
    from django.utils import timezone  # noqa: PLC0415

    from training import run_folder, snapshots  # noqa: PLC0415
    from training.models import Model, ModelVersion, Run  # noqa: PLC0415

    snapshot, _new = snapshots.freeze(project=project, actor=None)
    run = Run.objects.create(
        project=project, number=1, field="intent", snapshot=snapshot, state=Run.State.SUCCEEDED,
        recipe={"base_model": "starter"}, queued_at=timezone.now(),
    )  # fmt: skip
    run_folder.prepare(run, snapshot)
    (run.folder / "model").mkdir()
    (run.folder / "model" / "model.safetensors").write_bytes(b"\0" * 2**20)
    (run.folder / "metrics.jsonl").write_text("{}\n" * 1000, encoding="utf-8")
    model = Model.objects.create(name="bench", project=project, field="intent", head="choice")
    ModelVersion.objects.create(
        model=model, number=1, stage=ModelVersion.Stage.PRODUCTION, run=run, snapshot=snapshot,
        path=f"runs/{run.pk}/model", config_hash="", card_data=_CARD, promoted_at=timezone.now(),
    )  # fmt: skip


_CARD = {
    "model": "bench", "version": 1, "field": {"name": "intent", "type": "choice"}, "base_model": "starter",
    "project": {"title": "Support chats"}, "snapshot": {
        "id": "", "number": 1, "sha256": "", "people": 1, "counts": {"train": 1, "dev": 1, "test": 1},
    },
    "run": {"id": "", "number": 1, "attempts": 1}, "languages": [], "config_hash": "", "data_hash": "",
    "training": {"device": "CPU", "steps": 1, "training_seconds": 1.0, "parameters": 1},
    "config": {"epochs": 1, "learning_rate": 1, "batch_examples": 1, "max_length": 1, "seed": 1},
    "figures": {"metric": "accuracy", "test": None}, "evaluation": {},
}  # fmt: skip


def _erase_subject(made: dict[str, Any]) -> dict[str, Any]:
    from privacy.holders import Subject  # noqa: PLC0415
    from tasks_app.models import Item  # noqa: PLC0415

    item = Item.objects.get(project=made["project"], position=made["subjects"] // 2)
    return _timed("subject", Subject(items=frozenset([item.pk]), values=_SUBJECT))


def _erase_annotator() -> dict[str, Any]:
    from accounts.models import User  # noqa: PLC0415
    from privacy.holders import Subject  # noqa: PLC0415

    person = User.objects.get(email=_ANNOTATOR[1])
    return _timed("annotator", Subject(account=person.pk, values=_ANNOTATOR))


def _timed(name: str, subject: Any) -> dict[str, Any]:
    """As a request does it: every holder, files, a look for what is left, and a certificate."""
    from privacy import erasing  # noqa: PLC0415
    from privacy.services.certificates import verify_certificate  # noqa: PLC0415

    request = _request()
    began = time.perf_counter()
    erasing.erase(request, subject)
    seconds = time.perf_counter() - began
    left = erasing.residue_of(subject)
    document = json.dumps(request.certificate.document)
    return {
        f"{name}_seconds": round(seconds, 2),
        f"{name}_residue": sum(sum(kinds.values()) for kinds in left.values()),
        f"{name}_leaks": _leaks(subject.values),
        f"{name}_certificate_verifies": int(verify_certificate(document).valid),
    }


def _request() -> Any:
    from django.utils import timezone  # noqa: PLC0415

    from privacy.models import SubjectRequest  # noqa: PLC0415

    today = timezone.localdate()
    return SubjectRequest.objects.create(
        kind=SubjectRequest.Kind.ERASURE, state=SubjectRequest.State.WORKING, digest=uuid4().hex,
        channel=SubjectRequest.Channel.LETTER, regime="gdpr", received_on=today, due_on=today,
    )  # fmt: skip


def _leaks(marks: Sequence[str]) -> int:
    """Rows of any table and files below the artifacts that say one of the marks."""
    from django.conf import settings  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from training.remains import count_files  # noqa: PLC0415

    found = count_files(settings.ARTIFACTS_DIR, (), marks) + count_files(settings.MEDIA_ROOT, (), marks)
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            asked = f'SELECT count(*) FROM "{table}" t WHERE t::text ILIKE ANY(%s)'  # noqa: S608 - its name
            cursor.execute(asked, [[f"%{mark}%" for mark in marks]])
            found += cursor.fetchone()[0]
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
