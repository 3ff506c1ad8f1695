"""`python -m local.bench.crowded ITEMS PEOPLE`: a site after a busy half-year, filled inside PostgreSQL.

One project has three fifths of the items, forty others share the rest. Each item has three answers with their
leases and payments; a few answers are rejected, appealed or wait; one field in twenty waits for a reviewer.
Some people answer far more than others. Prints `{"project", "owner", "admin", "annotator", "items",
"answers"}` as JSON; runs with the environment of an installation.
"""

import json
import sys
from typing import Any
from uuid import uuid4

import django

from local.bench.crowd import FIELDS, REWARD, TEXT

OVERLAP = 3
OTHERS = 40
_PEOPLE = """
INSERT INTO accounts_user (id, password, is_superuser, email, display_name, language, languages, imported,
    is_active, is_staff, date_joined)
SELECT gen_random_uuid(), '!', false, 'a' || n || '@example.org', 'Annotator ' || n, 'en', '{en}', false,
    true, false, now() - interval '180 days'
FROM generate_series(0, %(people)s - 1) n
"""
# Nine of ten are closed, as in a project that has come far.
_ITEMS = """
INSERT INTO tasks_app_item (id, project_id, external_id, "group", language, payload, meta, content_hash,
    split, state, position, priority, slots, taken, submitted, needs_aggregation, created_at)
SELECT gen_random_uuid(), %(project)s, 'item-' || n, '', 'en',
    jsonb_set(%(payload)s::jsonb, '{turns,0,text}', to_jsonb(%(first)s || ' (' || n || ')')), '{}',
    lpad(n::text, 64, '0'), '', CASE WHEN n %% 10 = 9 THEN 'open' ELSE 'closed' END, n, 0,
    CASE WHEN n %% 10 = 9 THEN %(overlap)s + 2 ELSE %(overlap)s END, %(overlap)s, %(overlap)s, false,
    now() - interval '180 days' * (1 - n::float / %(items)s)
FROM generate_series(0, %(items)s - 1) AS n
"""
# The square of a number drawn from the position: the first tenth of the people do about a third of the work.
_ASSIGNMENTS = """
INSERT INTO tasks_app_assignment (id, project_id, item_id, worker_id, schema_version_id, state, reward_minor,
    claim_key, item_group, reason, created_at, lease_expires_at, closed_at, seconds)
SELECT gen_random_uuid(), i.project_id, i.id, w.id, %(schema)s, 'submitted', %(reward)s, '', '', '',
    i.created_at + interval '1 hour', i.created_at + interval '2 hours', i.created_at + interval '70 minutes',
    8 + (i.position + k) %% 30
FROM tasks_app_item i
CROSS JOIN generate_series(0, %(overlap)s - 1) k
JOIN (SELECT id, row_number() OVER (ORDER BY email) - 1 AS n FROM accounts_user WHERE password = '!') w
  ON w.n = (floor(power(mod(i.position * 7919, 1000003) / 1000003.0, 2) * %(people)s)::int + k * 7)
     %% %(people)s
WHERE i.project_id = %(project)s
"""
_ANSWERS = """
INSERT INTO annotations_answer (id, assignment_id, project_id, item_id, worker_id, schema_version_id, source,
    value, seconds, edits, state, reason, idempotency_key, request_hash, created_at, decided_at)
SELECT gen_random_uuid(), s.id, s.project_id, s.item_id, s.worker_id, s.schema_version_id, 'crowd',
    jsonb_build_object('intent', (ARRAY['refund', 'delivery', 'other'])[1 + hashtext(s.id::text) & 1]),
    s.seconds, '[]',
    CASE abs(hashtext(s.id::text)) %% 50 WHEN 0 THEN 'rejected' WHEN 1 THEN 'pending' ELSE 'approved' END,
    '', s.id::text, '', s.closed_at, s.closed_at + interval '1 hour'
FROM tasks_app_assignment s WHERE s.project_id = %(project)s
"""
_CONSENSUS = """
INSERT INTO annotations_consensus (id, project_id, item_id, field, value, confidence, posterior, answers,
    state, cause, gain, updated_at)
SELECT gen_random_uuid(), i.project_id, i.id, f.name, f.value::jsonb, 0.6 + (i.position %% 40) / 100.0, '{}',
    %(overlap)s,
    CASE WHEN i.position %% 20 = 19 THEN 'review' WHEN i.position %% 10 = 9 THEN 'open' ELSE 'approved' END,
    CASE WHEN i.position %% 20 = 19 THEN 'doubt' ELSE '' END, (i.position %% 977) / 977.0, now()
FROM tasks_app_item i
CROSS JOIN (
    VALUES ('intent', '"refund"'), ('qa', '[{"turn": 4, "start": 0, "end": 45, "label": "question"}]')
) f (name, value)
WHERE i.project_id = %(project)s
"""
_REVIEWS = """
INSERT INTO annotations_review (id, consensus_id, reviewer_id, action, before, after, category, reason, waits,
    passage, created_at)
SELECT gen_random_uuid(), c.id, %(owner)s, 'approve', c.value, c.value, '', '', false, '', now()
FROM annotations_consensus c
JOIN tasks_app_item i ON i.id = c.item_id AND i.position %% 25 = 3
WHERE c.project_id = %(project)s
"""
_APPEALS = """
INSERT INTO annotations_appeal (id, answer_id, text, state, decision, same_reviewer, created_at)
SELECT gen_random_uuid(), id, 'I read it again and still think so.', 'open', '', false, now()
FROM annotations_answer
WHERE project_id = %(project)s AND state = 'rejected' AND abs(hashtext(id::text)) %% 40 = 0
"""
_WALLETS = """
INSERT INTO rewards_ledgeraccount (id, kind, owner, currency, balance, spent)
SELECT gen_random_uuid(), 'wallet', id, 'USD', 0, 0 FROM accounts_user WHERE password = '!'
"""
_TRANSFERS = """
INSERT INTO rewards_transfer (id, key, kind, memo, actor, created_at)
SELECT id, 'pay:' || id, 'pay', '', NULL, decided_at
FROM annotations_answer WHERE project_id = %(project)s AND state = 'approved'
"""
_ENTRIES = """
INSERT INTO rewards_entry (transfer_id, account_id, amount)
SELECT a.id, l.account, l.sign * %(reward)s
FROM annotations_answer a
JOIN rewards_ledgeraccount w ON w.kind = 'wallet' AND w.owner = a.worker_id
CROSS JOIN LATERAL (VALUES (w.id, 1), (%(reserved)s, -1)) l (account, sign)
WHERE a.project_id = %(project)s AND a.state = 'approved'
"""
_BALANCES = """
UPDATE rewards_ledgeraccount a SET balance = sums.total
FROM (SELECT account_id, sum(amount) AS total FROM rewards_entry GROUP BY account_id) sums
WHERE sums.account_id = a.id AND a.kind = 'wallet'
"""
_BUSIEST = "SELECT worker_id FROM annotations_workerday GROUP BY 1 ORDER BY sum(answers) DESC LIMIT 1"
_DAYS = (
    """
INSERT INTO annotations_workerday (worker_id, day, currency, answers, earned_minor)
SELECT worker_id, (created_at AT TIME ZONE 'UTC')::date, 'USD', count(*), count(*) * %(reward)s
FROM annotations_answer GROUP BY 1, 2
""",
    """
INSERT INTO rewards_workedday (project, worker, day, answers, seconds, earned_minor)
SELECT project_id, worker_id, (created_at AT TIME ZONE 'UTC')::date, count(*), sum(seconds),
    count(*) * %(reward)s
FROM annotations_answer GROUP BY 1, 2, 3
""",
    """
INSERT INTO tasks_app_workerprogress (project_id, worker_id, claimed, ban_reason)
SELECT project_id, worker_id, count(*), '' FROM annotations_answer GROUP BY 1, 2
""",
    """
INSERT INTO annotations_workerskill (project_id, field, worker_id, accuracy, confusion, evidence, habits,
    answers, gold_seen, gold_score, updated_at)
SELECT project_id, 'intent', worker_id, 0.9,
    '{"refund": {"refund": 0.9, "delivery": 0.05, "other": 0.05}}', '{}', '{}', count(*), 10, 9, now()
FROM annotations_answer GROUP BY project_id, worker_id
""",
    """
INSERT INTO annotations_fieldfit (project_id, field, priors, agreement, answers, method, fixed_method, choice,
    doubt, reading, fitted_at)
SELECT id, 'intent', '{}', '{"alpha": 0.7, "low": 0.69, "high": 0.71, "units": 1000, "labels": {}}', 1000,
    'dawid_skene', '', '{}', 0, '{}', now()
FROM tasks_app_project
""",
    """
INSERT INTO accounts_notification (id, user_id, kind, data, url, created_at)
SELECT gen_random_uuid(), worker_id, 'answer_rejected', '{}', '', created_at
FROM annotations_answer WHERE state = 'rejected'
""",
)


def main(arguments: list[str]) -> None:
    django.setup()
    items, people = map(int, arguments)
    print(json.dumps(make(items, people)))


def make(items: int, people: int) -> dict[str, object]:
    # Models can be loaded only after django.setup().
    from django.db import connection, transaction  # noqa: PLC0415

    from accounts.models import Role, User  # noqa: PLC0415
    from accounts.roles import grant  # noqa: PLC0415

    owner, admin = (User.objects.create(email=f"{uuid4()}@example.org") for _n in range(2))
    grant(owner, Role.REQUESTER)
    for role in (Role.REQUESTER, Role.ADMIN):
        grant(admin, role)
    with connection.cursor() as cursor:
        # The rows are as the rules leave them; checking each of ten millions once more takes an hour.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(_PEOPLE, {"people": people})
        cursor.execute(_WALLETS)
        big = items * 3 // 5
        projects = [_project(cursor, owner, big, people)]
        projects += [_project(cursor, owner, (items - big) // OTHERS, people) for _n in range(OTHERS)]
        with transaction.atomic():
            for statement in (_BALANCES, *_DAYS):
                cursor.execute(statement, {"reward": REWARD} if "%(reward)s" in statement else None)
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SELECT count(*) FROM annotations_answer")
        answers = cursor.fetchone()[0]
        cursor.execute(_BUSIEST)
        busiest = cursor.fetchone()[0]
    return {
        "project": projects[0], "owner": str(owner.pk), "admin": str(admin.pk), "annotator": str(busiest),
        "items": items, "answers": answers,
    }  # fmt: skip


def _project(cursor: Any, owner: Any, items: int, people: int) -> str:
    from rewards.models import LedgerAccount  # noqa: PLC0415
    from rewards.services import ledger  # noqa: PLC0415
    from tasks_app.models import Project, SchemaVersion  # noqa: PLC0415

    project = Project.objects.create(
        owner=owner, title="Support chats", state=Project.State.PUBLISHED, reward_minor=REWARD,
        overlap_min=OVERLAP, overlap_max=OVERLAP + 2,
    )  # fmt: skip
    schema = SchemaVersion.objects.create(project=project, number=1, fields=FIELDS)
    amount = items * OVERLAP * REWARD * 2
    ledger.fund_project(
        project_id=project.pk, currency="USD", amount_minor=amount, key=f"fund:{project.pk}", actor=owner.pk
    )
    ledger.reserve(
        project_id=project.pk, currency="USD", amount_minor=amount // 2, key=f"reserve:{project.pk}"
    )
    reserved = LedgerAccount.objects.get(kind=LedgerAccount.Kind.RESERVED, owner=project.pk)
    turns = [{"speaker": ("customer", "agent")[n % 2], "text": text} for n, text in enumerate(TEXT)]
    values: dict[str, Any] = {
        "project": project.pk, "items": items, "people": people, "overlap": OVERLAP, "schema": schema.pk,
        "reward": REWARD, "owner": owner.pk, "reserved": reserved.pk, "first": TEXT[0],
        "payload": json.dumps({"turns": turns}),
    }  # fmt: skip
    for statement in (
        _ITEMS, _ASSIGNMENTS, _ANSWERS, _CONSENSUS, _REVIEWS, _APPEALS, _TRANSFERS, _ENTRIES
    ):  # fmt: skip
        cursor.execute(statement, values)
        if statement in {_ITEMS, _ASSIGNMENTS, _ANSWERS}:
            cursor.execute("ANALYZE tasks_app_item, tasks_app_assignment, annotations_answer")
    return str(project.pk)


if __name__ == "__main__":
    main(sys.argv[1:])
