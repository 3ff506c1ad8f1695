"""A rejection has a reason from a list, shows its evidence, and pays what the project promised."""

from typing import Any

import pytest
from django.utils import timezone

from annotations import consensus as work
from annotations.models import Answer, Consensus, Review
from rewards.services import ledger
from tasks_app.models import Item, Project
from tests.annotations.crowd import answer, balance, decide, make_reviewer, wallet
from tests.factories import SPAN, client_of, make_items, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project(overlap_max=3, funds=1000, instructions="Choose what they want. Read to the end.")


@pytest.fixture
def people(project: Project) -> list[Any]:
    return decide(make_items(project)[0], "refund", "delivery", "other")


@pytest.fixture
def row(people: list[Any]) -> Consensus:
    return Consensus.objects.get()


@pytest.fixture
def reviewer(project: Project) -> Any:
    return client_of(make_reviewer(project))


def reject(client: Any, row: Consensus, **body: Any) -> Any:
    return client.post(f"/api/v1/consensus/{row.pk}/reject", body)


def evidence(answer: Answer, user: Any = None) -> Any:
    return client_of(user or answer.worker).get(f"/api/v1/answers/{answer.pk}/evidence")


def given(person: Any) -> Answer:
    return Answer.objects.get(worker=person)


def test_a_reason_from_the_list_is_enough(row: Consensus, reviewer: Any, people: Any) -> None:
    assert reject(reviewer, row, code="careless").status_code == 200
    assert set(Answer.objects.values_list("state", "category", "reason")) == {("rejected", "careless", "")}
    assert Review.objects.get().category == "careless"
    line = client_of(people[0]).get("/api/v1/me/assignments").json()["results"][0]["answer"]
    assert (line["code"], line["state"]) == ("careless", "rejected") and line["may_appeal_until"]


@pytest.mark.parametrize(
    "body", [{}, {"code": "other"}, {"code": "other", "reason": " "}, {"code": "made_up", "reason": "x"}]
)
def test_without_a_reason_nothing_is_rejected(row: Consensus, reviewer: Any, body: Any) -> None:
    assert reject(reviewer, row, **body).status_code == 422
    assert not Answer.objects.filter(state="rejected").exists() and not Review.objects.exists()


def test_words_alone_stay_a_valid_reason(row: Consensus, reviewer: Any) -> None:
    assert reject(reviewer, row, reason="Nobody read it.").status_code == 200
    assert set(Answer.objects.values_list("category", "reason")) == {("other", "Nobody read it.")}


def test_a_project_can_have_a_list_of_its_own(project: Project, row: Consensus, reviewer: Any) -> None:
    mine = [{"name": "tone", "title": "Tone misheard", "good_faith": True}]
    url = f"/api/v1/projects/{project.pk}"
    body = client_of(project.owner).patch(url, {"error_categories": mine}).json()
    assert [one["name"] for one in body["error_categories"]] == ["tone", "other"]
    assert reject(reviewer, row, code="careless").status_code == 422
    assert reject(reviewer, row, code="tone").status_code == 200


@pytest.mark.parametrize(
    "categories", ["x", [{"name": "A b", "title": "x"}], [{"name": "a"}], [{"name": "a", "title": ""}]]
)
def test_a_bad_list_is_refused(project: Project, categories: Any) -> None:
    url = f"/api/v1/projects/{project.pk}"
    response = client_of(project.owner).patch(url, {"error_categories": categories})
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"].startswith("/error_categories")


def test_a_quoted_passage_must_stand_in_the_instructions(row: Consensus, reviewer: Any, people: Any) -> None:
    assert reject(reviewer, row, code="guideline", passage="Read nothing.").status_code == 422
    assert reject(reviewer, row, code="guideline", passage="Read to the end.").status_code == 200
    assert evidence(given(people[0])).json()["passage"] == "Read to the end."


def test_evidence_waits_for_the_truth_and_then_shows_it(
    row: Consensus, reviewer: Any, people: Any, project: Project
) -> None:
    mine = given(people[0])
    reject(reviewer, row, code="wrong_label", reason="Read on.", answers=[str(mine.pk)])
    body = evidence(mine).json()
    assert (body["code"], body["reason"]) == ("wrong_label", "Read on.")
    assert body["fields"] == [
        {
            "field": "intent",
            "yours": "refund",
            "settled": False,
            "accepted": None,
            "only_yours": [],
            "only_accepted": [],
        }
    ]
    Consensus.objects.update(state="corrected", value="delivery")
    [field] = evidence(mine).json()["fields"]
    assert (field["settled"], field["accepted"]) == (True, "delivery")
    assert (field["only_yours"], field["only_accepted"]) == (["refund"], ["delivery"])
    told = evidence(mine).content.decode()
    assert not any(str(one.pk) in told or one.email in told for one in [*people[1:], project.owner])


def test_only_whoever_answered_sees_the_evidence(row: Consensus, people: Any) -> None:
    for stranger in (make_user("stranger"), people[1]):
        assert evidence(given(people[0]), stranger).status_code == 404


def test_an_accepted_answer_shows_no_truth(row: Consensus, people: Any) -> None:
    Consensus.objects.update(state="corrected", value="delivery")
    assert evidence(given(people[0])).json()["fields"][0]["settled"] is False


@pytest.mark.parametrize("open_about_gold", [False, True])
def test_gold_cannot_be_told_by_its_evidence(project: Project, open_about_gold: bool) -> None:
    """Bytes differ in nothing but the person's own words, unless the project lets gold be known."""
    Project.objects.update(gold_evidence=open_about_gold)
    person = make_user()
    pages: list[Any] = []
    now = timezone.now()
    for gold in (None, {"intent": "delivery"}):
        one = answer(make_items(project, gold=gold)[0], person, "refund")
        Answer.objects.filter(pk=one.pk).update(state="rejected", category="careless", decided_at=now)
        pages.append(evidence(one).json())
    assert (pages[0] == pages[1]) is not open_about_gold
    assert pages[1]["fields"][0]["accepted"] == ("delivery" if open_about_gold else None)


def test_spans_are_told_apart_mark_by_mark(reviewer: Any, project: Project) -> None:
    spans = make_project(owner=project.owner, fields=[SPAN], overlap_max=3)
    item = make_items(spans, payloads=[{"text": "Where is it? Here."}])[0]
    marks = [{"turn": 0, "start": 0, "end": 12, "label": "question"}]
    person = make_user()
    mine = answer(item, person, {"qa": [{**marks[0], "end": 11}]})
    Answer.objects.update(state="rejected")
    Consensus.objects.create(project=spans, item=item, field="qa", value=marks, state="approved")
    [field] = evidence(mine).json()["fields"]
    assert field["only_yours"] == ["question: “Where is it”"]
    assert field["only_accepted"] == ["question: “Where is it?”"]


# -- what is paid all the same -----------------------------------------------------------------------------


def test_good_faith_is_paid_its_share_from_the_escrow(row: Consensus, reviewer: Any, people: Any) -> None:
    Project.objects.update(pay_rejected_share=0.5)
    assert reject(reviewer, row, code="wrong_label").json()["reopened_slots"] == 3
    assert [wallet(person) for person in people] == [5, 5, 5]
    assert balance(row.project) == (955, 30, 15)
    assert set(Answer.objects.values_list("partial_minor", flat=True)) == {5}


def test_bad_faith_is_not(row: Consensus, reviewer: Any, people: Any) -> None:
    Project.objects.update(pay_rejected_share=0.5)
    reject(reviewer, row, code="careless")
    assert [wallet(person) for person in people] == [0, 0, 0]


def test_a_short_escrow_pays_from_the_slots(row: Consensus, reviewer: Any, people: Any) -> None:
    """15 are owed and nothing is left: two slots of 10 pay it, 5 go back, one opens again."""
    Project.objects.update(pay_rejected_share=0.5)
    ledger.withdraw(project_id=row.project_id, currency="USD", amount_minor=970, key="w", actor=None)
    assert reject(reviewer, row, code="missed").json()["reopened_slots"] == 1
    assert [wallet(person) for person in people] == [5, 5, 5]
    assert balance(row.project) == (5, 10, 15)
    item = Item.objects.get()
    assert (item.slots, item.taken, item.submitted) == (1, 0, 0)


def test_an_upheld_appeal_pays_what_is_missing(row: Consensus, reviewer: Any, people: Any) -> None:
    Project.objects.update(pay_rejected_share=0.5)
    mine = given(people[0])
    reject(reviewer, row, code="missed", answers=[str(mine.pk)])
    appeal = client_of(people[0]).post(f"/api/v1/answers/{mine.pk}/appeal", {"text": "No."}).json()
    judge = client_of(make_reviewer(row.project))
    body = {"uphold": True, "reason": "Right."}
    assert judge.post(f"/api/v1/appeals/{appeal['id']}/decide", body).status_code == 200
    assert wallet(people[0]) == 10
    assert balance(row.project) == (970, 20, 10)


def test_the_same_rejection_again_pays_once(row: Consensus, reviewer: Any, people: Any) -> None:
    Project.objects.update(pay_rejected_share=0.5)
    url, key = f"/api/v1/consensus/{row.pk}/reject", {"Idempotency-Key": "r1"}
    for _ in range(2):
        assert reviewer.post(url, {"code": "missed"}, headers=key).status_code == 200
    assert [wallet(person) for person in people] == [5, 5, 5]


# -- who decides, and what is counted ----------------------------------------------------------------------


def test_nobody_decides_on_an_answer_of_their_own(row: Consensus, people: Any, project: Project) -> None:
    from accounts.models import Role
    from accounts.roles import grant

    grant(people[0], Role.REVIEWER, project.pk)
    client = client_of(people[0])
    assert client.get(f"/api/v1/projects/{project.pk}/reviews").json()["results"] == []
    for action, body in (("approve", {}), ("correct", {"value": "refund", "reason": "x"}), ("reject", {})):
        body = {**body, "code": "careless"} if action == "reject" else body
        response = client.post(f"/api/v1/consensus/{row.pk}/{action}", body)
        assert (response.status_code, response.json()["code"]) == (403, "own_answer")
    assert not Review.objects.exists()


def test_a_correction_can_name_the_mistake(row: Consensus, reviewer: Any, people: Any) -> None:
    body = {"value": "delivery", "reason": "", "code": "wrong_label"}
    url = f"/api/v1/consensus/{row.pk}/correct"
    assert reviewer.post(url, {**body, "code": "nope"}).status_code == 422
    assert reviewer.post(url, {**body, "reason": "They ask where it is."}).status_code == 200
    found = dict(Answer.objects.values_list("worker", "category"))
    assert found == {people[0].pk: "wrong_label", people[1].pk: "", people[2].pk: "wrong_label"}


def test_the_queue_begins_where_most_is_gained(project: Project, reviewer: Any) -> None:
    """Equal doubt: the test set comes first, then the item for which more people wait."""
    plain, test = make_items(project, 1)[0], make_items(project, 1, split="test")[0]
    for item in (plain, test):
        decide(item, "refund", "delivery", "other")
    results = reviewer.get(f"/api/v1/projects/{project.pk}/reviews").json()["results"]
    assert [entry["item"]["id"] for entry in results] == [str(test.pk), str(plain.pk)]
    assert results[0]["gain"] > results[1]["gain"] > 0
    assert {one["differs"] for one in results[0]["answers"]} == {0.0, 1.0}
    assert results[0]["approves_itself_at"] and results[0]["history"] == []


def test_the_queue_is_read_from_its_index(project: Project, reviewer: Any) -> None:
    from annotations.reviewing import review_queue

    plan = review_queue(project, project.owner)[:20].explain()
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off; SET LOCAL enable_seqscan = off")
        plan = review_queue(project, project.owner)[:20].explain()
    assert "consensus_by_gain" in plan and "Sort Key: annotations_consensus.gain" not in plan


def test_what_was_decided_before_stays_in_sight(row: Consensus, reviewer: Any, people: Any) -> None:
    reject(reviewer, row, code="missed", answers=[str(given(people[0]).pk)])
    decide(row.item, "delivery")
    work.aggregate_item(row.item_id)
    row.refresh_from_db()
    Consensus.objects.update(state="review")
    [entry] = reviewer.get(f"/api/v1/projects/{row.project_id}/reviews").json()["results"]
    assert [(one["action"], one["category"]) for one in entry["history"]] == [("reject", "missed")]
