"""`python -m local.bench.bare_sql SECONDS`: claim and submit as bare statements, without web server, Django.

Reads a crowd (see `crowd`) from standard input; one thread and one connection a person. Prints the number of
pairs a second as JSON: what PostgreSQL alone would allow on this machine.
"""

import json
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg2

CLAIM = """
WITH picked AS (
    SELECT id FROM tasks_app_item i
    WHERE project_id = %(project)s AND state = 'open' AND taken < slots AND gold IS NULL
      AND ((priority * -1), position) > (0, %(after)s)
      AND NOT EXISTS (SELECT 1 FROM tasks_app_assignment a
                      WHERE a.item_id = i.id AND a.worker_id = %(worker)s)
    ORDER BY (priority * -1), position LIMIT 1 FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE tasks_app_item i SET taken = taken + 1 FROM picked WHERE i.id = picked.id
    RETURNING i.id, i.position, i.payload
), leased AS (
    INSERT INTO tasks_app_assignment (id, project_id, item_id, worker_id, schema_version_id, state,
        reward_minor, claim_key, reason, created_at, lease_expires_at)
    SELECT %(assignment)s, %(project)s, id, %(worker)s, %(schema)s, 'leased', 5, '', '', now(),
        now() + interval '30 minutes' FROM taken
)
SELECT position, payload FROM taken
"""
SUBMIT = """
WITH closed AS (
    UPDATE tasks_app_assignment SET state = 'submitted', closed_at = now()
    WHERE id = %(assignment)s AND state = 'leased' RETURNING *
), counted AS (
    UPDATE tasks_app_item i SET submitted = i.submitted + 1 FROM closed WHERE i.id = closed.item_id
)
INSERT INTO annotations_answer (id, assignment_id, project_id, item_id, worker_id, schema_version_id,
    source, value, seconds, edits, state, reason, idempotency_key, request_hash, created_at)
SELECT %(answer)s, id, project_id, item_id, worker_id, schema_version_id,
    'crowd', %(value)s, 5, '[]', 'pending', '', %(key)s, '', now() FROM closed
"""
VALUE = '{"intent": "refund", "qa": [{"turn": 4, "start": 0, "end": 45, "label": "question"}]}'


def work(crowd: dict[str, str], worker: str, start: threading.Barrier, seconds: float) -> int:
    """How many pairs this person made in the time."""
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    connection.autocommit = True
    pairs, after = 0, -1
    with connection.cursor() as cursor:
        start.wait()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            ids = {"assignment": str(uuid4()), "answer": str(uuid4()), "key": str(uuid4()), "value": VALUE}
            names = {"project": crowd["project"], "schema": crowd["schema"], "worker": worker}
            cursor.execute(CLAIM, {**ids, **names, "after": after})
            if (row := cursor.fetchone()) is None:
                break
            after = row[0]
            cursor.execute(SUBMIT, ids)
            pairs += 1
    connection.close()
    return pairs


def main(seconds: float) -> None:
    crowd = json.load(sys.stdin)
    workers = crowd["workers"]
    start = threading.Barrier(len(workers) + 1)
    with ThreadPoolExecutor(len(workers)) as pool:
        made = [pool.submit(work, crowd, worker, start, seconds) for worker in workers]
        start.wait()
        began = time.monotonic()
        pairs = sum(future.result() for future in made)
    print(json.dumps(pairs / (time.monotonic() - began)))


if __name__ == "__main__":
    main(float(sys.argv[1]))
