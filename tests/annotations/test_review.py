import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from annotations import consensus as work
from annotations.models import Answer, Consensus, Review
from common.errors import Conflict
from common.models import AuditEvent
from tasks_app.models import Item, Project
from tests.annotations.crowd import answer, balance, decide, make_reviewer, told, wallet
from tests.factories import CHOICE, client_of, make_items, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project(overlap_max=3, funds=1000)


@pytest.fixture
def item(project: Project) -> Item:
    return make_items(project)[0]


@pytest.fixture
def people(item: Item) -> list[Any]:
    """Three people who all differ, so that the item is in review."""
    return decide(item, "refund", "delivery", "other")


@pytest.fixture
def row(people: list[Any]) -> Consensus:
    return Consensus.objects.get()


@pytest.fixture
def reviewer(project: Project) -> Any:
    return client_of(make_reviewer(project))


def post(client: Any, row: Consensus, action: str, body: Any = None, **headers: str) -> Any:
    return client.post(f"/api/v1/consensus/{row.pk}/{action}", body or {}, headers=headers)


def queue(client: Any, project: Project, query: str = "") -> Any:
    return client.get(f"/api/v1/projects/{project.pk}/reviews{query}")


def test_the_queue_begins_with_the_greatest_doubt(project: Project, reviewer: Any) -> None:
    items = make_items(project, 3)
    decide(items[0], "refund", "refund", "delivery")
    decide(items[1], "refund", "delivery", "other")
    decide(items[2], "refund", "refund", "other")
    body = queue(reviewer, project, "?page_size=2").json()
    doubts = [entry["confidence"] for entry in body["results"]]
    assert doubts == sorted(doubts) and body["results"][0]["item"]["id"] == str(items[1].pk)
    assert len(reviewer.get(body["next"]).json()["results"]) == 1


def test_an_entry_shows_who_said_what_without_names(row: Consensus, reviewer: Any, people: Any) -> None:
    entry = queue(reviewer, row.project).json()["results"][0]
    assert entry["item"] == {
        "id": str(row.item_id),
        "external_id": row.item.external_id,
        "payload": row.item.payload,
    }
    assert (entry["field"], entry["cause"]) == ("intent", "doubt")
    assert {a["value"] for a in entry["answers"]} == {"refund", "delivery", "other"}
    names = {a["annotator"] for a in entry["answers"]}
    assert len(names) == 3 and not names & {str(p) for p in people} | {p.email for p in people} & names


def test_the_queue_takes_as_many_queries_for_twenty_as_for_one(
    project: Project, reviewer: Any, django_assert_max_num_queries: Any
) -> None:
    for item in make_items(project, 5):
        decide(item, "refund", "delivery", "other")
    with django_assert_max_num_queries(10):
        assert len(queue(reviewer, project).json()["results"]) == 5


def test_approving_pays_and_closes(row: Consensus, reviewer: Any, people: Any) -> None:
    assert post(reviewer, row, "approve").status_code == 200
    row.refresh_from_db()
    assert row.state == "approved" and Item.objects.get().state == "closed"
    assert [wallet(person) for person in people] == [10, 10, 10]
    assert Review.objects.get().action == "approve"
    assert AuditEvent.objects.filter(action="consensus.approve", target=str(row.pk)).exists()


def test_correcting_puts_the_value_in_place_and_pays(row: Consensus, reviewer: Any, people: Any) -> None:
    response = post(reviewer, row, "correct", {"value": "delivery", "reason": "They ask where it is."})
    assert response.json()["value"] == "delivery"
    row.refresh_from_db()
    assert (row.state, row.confidence, row.posterior) == ("corrected", 1.0, {"item": {"delivery": 1.0}})
    assert Review.objects.get().after == "delivery" and wallet(people[0]) == 10


@pytest.mark.parametrize("body", [{"value": "nonsense", "reason": "x"}, {"value": "refund"}, {"reason": "x"}])
def test_a_bad_correction_changes_nothing(row: Consensus, reviewer: Any, body: Any) -> None:
    assert post(reviewer, row, "correct", body).status_code == 422
    row.refresh_from_db()
    assert row.state == "review" and not Review.objects.exists()


def test_rejecting_reopens_the_slots_for_others(row: Consensus, reviewer: Any, people: Any) -> None:
    response = post(reviewer, row, "reject", {"reason": "Nobody read it."})
    assert response.status_code == 200 and response.json()["reopened_slots"] == 3
    item = Item.objects.get()
    assert (item.slots, item.taken, item.submitted, item.state) == (3, 0, 0, "open")
    assert set(Answer.objects.values_list("state", "reason")) == {("rejected", "Nobody read it.")}
    assert [told(person) for person in people] == [["answer_rejected"]] * 3
    assert [wallet(person) for person in people] == [0, 0, 0]
    fresh = decide(item, "refund", "refund", "refund")
    row.refresh_from_db()
    assert (row.state, row.value, row.answers) == ("approved", "refund", 3)
    assert wallet(fresh[0]) == 10 and balance(row.project) == (970, 0, 30)


def test_some_answers_can_be_rejected(row: Consensus, reviewer: Any, people: Any) -> None:
    bad = Answer.objects.get(worker=people[2])
    response = post(reviewer, row, "reject", {"reason": "Spam.", "answers": [str(bad.pk)]})
    assert response.json()["rejected"] == [str(bad.pk)]
    assert list(
        Answer.objects.filter(state="pending").values_list("worker", flat=True).order_by("created_at")
    ) == [p.pk for p in people[:2]]
    item = Item.objects.get()
    assert (item.taken, item.submitted) == (2, 2)
    assert told(people[0]) == [] and told(people[2]) == ["answer_rejected"]


def test_only_undecided_answers_of_the_item_can_be_rejected(row: Consensus, reviewer: Any) -> None:
    other = answer(make_items(row.project)[0], make_user(), "refund")
    response = post(reviewer, row, "reject", {"reason": "x", "answers": [str(other.pk)]})
    assert response.status_code == 422 and response.json()["errors"][0]["pointer"] == "/answers/0"
    assert Answer.objects.filter(state="rejected").count() == 0
    assert post(reviewer, row, "reject", {"answers": []}).status_code == 422


def test_the_item_waits_until_every_field_is_decided(reviewer: Any, project: Project) -> None:
    second = {**CHOICE, "name": "emotion", "labels": ["calm", "angry", "sad"]}
    two = make_project(owner=project.owner, fields=[CHOICE, second], overlap_max=3)
    labels = zip(("refund", "delivery", "other"), ("calm", "angry", "sad"), strict=True)
    people = decide(make_items(two)[0], *[{"intent": i, "emotion": e} for i, e in labels])
    client = client_of(two.owner)
    for paid, row in zip((0, 10), Consensus.objects.all(), strict=True):
        assert post(client, row, "approve").status_code == 200
        assert wallet(people[0]) == paid


@pytest.mark.parametrize("action", ["approve", "correct", "reject"])
def test_only_reviewers_of_the_project_decide(row: Consensus, people: Any, action: str) -> None:
    body = {"value": "refund", "reason": "x"}
    assert post(client_of(make_user("stranger")), row, action, body).status_code == 404
    assert post(client_of(people[0]), row, action, body).status_code == 404
    assert queue(client_of(people[0]), row.project).status_code == 404
    assert not Review.objects.exists()


def test_a_second_decision_is_refused(row: Consensus, reviewer: Any) -> None:
    assert post(reviewer, row, "approve").status_code == 200
    for action, body in (
        ("approve", {}),
        ("correct", {"value": "refund", "reason": "x"}),
        ("reject", {"reason": "x"}),
    ):
        response = post(reviewer, row, action, body)
        assert response.status_code == 409 and response.json()["code"] == "already_decided"
    assert Review.objects.count() == 1


def test_the_same_request_again_is_harmless(row: Consensus, reviewer: Any, people: Any) -> None:
    key = {"Idempotency-Key": "k1"}
    first, again = post(reviewer, row, "approve", **key), post(reviewer, row, "approve", **key)
    assert (again.status_code, again.json()) == (200, first.json())
    assert Review.objects.count() == 1 and wallet(people[0]) == 10


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("second", ["approve", "correct", "reject"])
def test_of_many_reviewers_at_once_one_decides(row: Consensus, people: Any, second: str) -> None:
    reviewers = [client_of(make_reviewer(row.project)) for _ in range(8)]
    start = threading.Barrier(8)
    body = {"value": "refund", "reason": "x"}

    def one(n: int) -> int:
        start.wait()
        try:
            return int(post(reviewers[n], row, second if n % 2 else "approve", body).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(one, range(8)))
    assert sorted(results) == [200] + [409] * 7
    assert Review.objects.count() == 1
    work.aggregate_waiting()
    paid = Review.objects.get().action != "reject"
    assert [wallet(person) for person in people] == [10 * paid] * 3
    assert balance(row.project)[2] == 30 * paid
    with pytest.raises(Conflict):
        from annotations.services.review import approve_consensus

        approve_consensus(consensus=row, actor=row.project.owner)
