import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from annotations import tasks
from annotations.models import Answer
from annotations.services import submission
from common.ids import uuid7
from tasks_app.models import Assignment, Item
from tasks_app.services.assignment import expire_leases
from tests.factories import SPAN, client_of, lease, make_items, make_project, make_user

REFUND = {"answer": {"intent": "refund"}, "seconds": 4.5}


def post(client: Any, assignment: Assignment, body: Any = None, key: str = "") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(f"/api/v1/assignments/{assignment.pk}/submit", body or REFUND, headers=headers)


@pytest.fixture
def annotator(db: None) -> Any:
    return make_user("annotator")


@pytest.fixture
def assignment(annotator: Any) -> Assignment:
    return lease(make_items(make_project())[0], annotator)


def counts(assignment: Assignment) -> tuple[int, int, int]:
    item = Item.objects.get(pk=assignment.item_id)
    return item.taken, item.submitted, Answer.objects.filter(item=item).count()


def test_an_answer_is_stored_and_counted(annotator: Any, assignment: Assignment) -> None:
    response = post(client_of(annotator), assignment)
    assert response.status_code == 201
    today = {"count": 1, "earned": {"amount_minor": 10, "currency": "USD"}}
    assert response.json() == {"id": str(Answer.objects.get().pk), "today": today}
    answer = Answer.objects.get()
    assert (answer.value, answer.seconds, answer.state) == ({"intent": "refund"}, 4.5, "pending")
    assignment.refresh_from_db()
    assert assignment.state == "submitted" and assignment.closed_at is not None
    assert counts(assignment) == (1, 1, 1)


def test_each_submit_asks_for_a_sweep_that_finds_only_complete_items(
    annotator: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    queued: list[Any] = []
    monkeypatch.setattr(
        tasks.aggregate_project, "apply_async", lambda args, **options: queued.append((args, options))
    )
    item = make_items(make_project(overlap_min=2))[0]
    for worker, complete in ((annotator, False), (make_user(), True)):
        with django_capture_on_commit_callbacks(execute=True):
            assert post(client_of(worker), lease(item, worker)).status_code == 201
        item.refresh_from_db()
        assert item.needs_aggregation == complete
    # Within a second once, and when that second is over: the second answer is seen by the first one's sweep.
    assert queued == [((str(item.project_id),), {"countdown": 1.0})]


def test_gold_and_other_items_ask_for_the_same_work(
    annotator: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("common.queueing._enqueue_soon", lambda task, *args: asked.append((task.name, args)))
    project = make_project()
    items = [*make_items(project), *make_items(project, gold={"intent": "refund"})]
    for item in items:
        with django_capture_on_commit_callbacks(execute=True):
            assert post(client_of(annotator), lease(item, annotator)).status_code == 201
    assert len(asked) == 2 and asked[0] == asked[1]


def test_rejected_answers_leave_the_day_s_count(annotator: Any) -> None:
    project = make_project()
    items = make_items(project, 3)
    post(client_of(annotator), lease(items[0], annotator))
    Answer.objects.update(state="rejected")
    for n, item in enumerate(items[1:], start=1):
        today = post(client_of(annotator), lease(item, annotator)).json()["today"]
        assert today == {"count": n, "earned": {"amount_minor": 10 * n, "currency": "USD"}}


_ANSWERED_TODAY = """
WITH lent AS (
    INSERT INTO tasks_app_assignment (id, project_id, item_id, worker_id, schema_version_id, state,
        reward_minor, claim_key, item_group, reason, created_at, lease_expires_at)
    SELECT gen_random_uuid(), i.project_id, i.id, %(worker)s, s.id, 'submitted', 10, '', '', '', now(), now()
    FROM tasks_app_item i JOIN tasks_app_schemaversion s ON s.project_id = i.project_id
    WHERE i.project_id = %(project)s RETURNING *
)
INSERT INTO annotations_answer (id, assignment_id, project_id, item_id, worker_id, schema_version_id, source,
    value, seconds, edits, state, reason, idempotency_key, request_hash, created_at)
SELECT gen_random_uuid(), id, project_id, item_id, worker_id, schema_version_id, 'crowd', '{}', 1, '[]',
    'pending', '', '', '', now()
FROM lent
"""


def blocks_of_a_submit(assignment: Assignment) -> int:
    """How many pages of the database the statement reads."""
    values = {"assignment": assignment.pk, "worker": assignment.worker_id, "currency": "USD", "seconds": 1}
    values |= {"answer": uuid7(), "value": "{}", "edits": "[]", "key": "k", "hash": ""}
    with connection.cursor() as cursor:
        submission._SUBMIT.prepare(cursor)
        explain = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "
        cursor.execute(explain + submission._SUBMIT.execute, values)
        plan = cursor.fetchone()[0]
    top = (plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]
    return int(top["Shared Hit Blocks"] + top["Shared Read Blocks"])


def test_a_submit_reads_as_much_after_thousands_of_answers_in_a_day(annotator: Any) -> None:
    newcomer = make_user()
    project = make_project(funds=10_000_000)
    make_items(project, 5_000, slots=1)
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERED_TODAY, {"worker": annotator.pk, "project": project.pk})
        cursor.execute("ANALYZE tasks_app_item; ANALYZE tasks_app_assignment; ANALYZE annotations_answer")
    # The first one also reads the catalogue; and how many dead rows lie about depends on the tests before.
    _, fresh, old = (
        blocks_of_a_submit(lease(make_items(project)[0], worker))
        for worker in (make_user(), newcomer, annotator)
    )
    assert old < fresh + 30, (fresh, old)


@pytest.mark.parametrize(
    ("answer", "pointer"),
    [
        ({"intent": "nonsense"}, "/answer/intent"),
        ({}, "/answer/intent"),
        ({"intent": "refund", "x": 1}, "/answer/x"),
        ("refund", "/answer"),
    ],
)
def test_a_bad_answer_is_refused_with_pointers(
    annotator: Any, assignment: Assignment, answer, pointer
) -> None:
    response = post(client_of(annotator), assignment, {"answer": answer})
    assert response.status_code == 422
    assert pointer in [error["pointer"] for error in response.json()["errors"]]
    assert counts(assignment) == (1, 0, 0)
    assignment.refresh_from_db()
    assert assignment.state == "leased"


@pytest.mark.parametrize("body", [{}, {"answer": {"intent": "refund"}, "seconds": -1}])
def test_a_malformed_body_is_refused(annotator: Any, assignment: Assignment, body: Any) -> None:
    assert client_of(annotator).post(f"/api/v1/assignments/{assignment.pk}/submit", body).status_code == 422
    assert counts(assignment) == (1, 0, 0)


def test_offsets_are_code_points(annotator: Any) -> None:
    text = "👍🏽 我的包裹在哪？ Ou\u0308 est"
    item = make_items(make_project(fields=[SPAN]), payloads=[{"text": "👍🏽 我的包裹在哪？ Oü est"}])[0]
    span = {"turn": 0, "start": 3, "end": 10, "label": "question"}
    response = post(client_of(annotator), lease(item, annotator), {"answer": {"qa": [span]}})
    assert response.status_code == 201 and len(text) > 3
    assert Answer.objects.get().value == {"qa": [span]}
    assert item.payload["text"][3:10] == "我的包裹在哪？"


def test_a_stranger_gets_404(assignment: Assignment) -> None:
    assert post(client_of(make_user("stranger")), assignment).status_code == 404
    assert post(client_of(assignment.project.owner), assignment).status_code == 404
    assert post(client_of(None), assignment).status_code == 401
    assert counts(assignment) == (1, 0, 0)


def test_a_second_submit_is_refused(annotator: Any, assignment: Assignment) -> None:
    assert post(client_of(annotator), assignment).status_code == 201
    again = post(client_of(annotator), assignment, {"answer": {"intent": "other"}})
    assert again.status_code == 409 and again.json()["code"] == "already_submitted"
    assert Answer.objects.get().value == {"intent": "refund"}


def test_the_same_request_again_gets_the_same_answer(annotator: Any, assignment: Assignment) -> None:
    first = post(client_of(annotator), assignment, key="k1")
    other = lease(make_items(assignment.project)[0], annotator)
    assert post(client_of(annotator), other, key="k2").json()["today"]["count"] == 2
    again = post(client_of(annotator), assignment, key="k1")
    assert (again.status_code, again.json()) == (201, first.json())
    assert counts(assignment) == (1, 1, 1)


def test_the_same_key_with_another_body_is_refused(annotator: Any, assignment: Assignment) -> None:
    assert post(client_of(annotator), assignment, key="k1").status_code == 201
    again = post(client_of(annotator), assignment, {"answer": {"intent": "other"}}, key="k1")
    assert again.status_code == 409 and again.json()["code"] == "idempotency_key_reused"
    other = lease(make_items(assignment.project)[0], annotator)
    again = post(client_of(annotator), other, key="k1")
    assert again.status_code == 409 and again.json()["code"] == "idempotency_key_reused"
    assert counts(other) == (1, 0, 0)


def test_an_expired_lease_is_refused_and_says_how_to_go_on(annotator: Any) -> None:
    assignment = lease(make_items(make_project())[0], annotator, seconds=-1)
    response = post(client_of(annotator), assignment)
    assert response.status_code == 409 and response.json()["code"] == "lease_expired"
    assert response.json()["reclaim"] == f"/api/v1/assignments/{assignment.pk}/reclaim"
    assert counts(assignment) == (1, 0, 0)


def test_a_submit_takes_few_queries(
    annotator: Any, assignment: Assignment, django_assert_max_num_queries
) -> None:
    client = client_of(annotator)
    post(client, lease(make_items(assignment.project)[0], annotator))
    with django_assert_max_num_queries(3):
        assert post(client, assignment).status_code == 201


def at_once(number: int, work: Any) -> list[Any]:
    start = threading.Barrier(number)

    def one(n: int) -> Any:
        start.wait()
        try:
            return work(n)
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("key", ["", "the-same"])
def test_one_answer_from_64_submits_at_once(key: str) -> None:
    annotator = make_user("annotator")
    assignment = lease(make_items(make_project())[0], annotator)
    client = client_of(annotator)
    results = at_once(64, lambda n: post(client, assignment, key=key).status_code)
    assert Counter(results) == ({201: 64} if key else {201: 1, 409: 63})
    assert counts(assignment) == (1, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_64_people_answer_one_item_at_once_and_each_counts() -> None:
    item = make_items(make_project(overlap_min=64, overlap_max=64))[0]
    people = [make_user() for _ in range(64)]
    assignments = [lease(item, person) for person in people]
    clients = [client_of(person) for person in people]
    results = at_once(64, lambda n: post(clients[n], assignments[n]).status_code)
    assert results == [201] * 64
    assert counts(assignments[0]) == (64, 64, 64)
    item.refresh_from_db()
    assert item.needs_aggregation


@pytest.mark.django_db(transaction=True)
def test_of_a_submit_and_the_end_of_its_lease_one_wins() -> None:
    project = make_project()
    people = [make_user() for _ in range(24)]
    clients = [client_of(person) for person in people]
    assignments = [lease(item, person) for item, person in zip(make_items(project, 24), people, strict=True)]

    def race(n: int) -> int:
        if n % 2:
            Assignment.objects.filter(pk=assignments[n // 2].pk).update(lease_expires_at="2020-01-01T00:00Z")
            expire_leases()
            return 0
        return int(post(clients[n // 2], assignments[n // 2]).status_code)

    results = at_once(48, race)
    for n, assignment in enumerate(assignments):
        assignment.refresh_from_db()
        won = results[2 * n] == 201
        assert assignment.state == ("submitted" if won else "expired"), results[2 * n]
        assert counts(assignment) == ((1, 1, 1) if won else (0, 0, 0))
