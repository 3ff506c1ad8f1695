from typing import Any

import pytest

from annotations import consensus
from annotations.services.fitting import refit_project
from tasks_app.models import Project
from tests.annotations.crowd import answer, decide, make_reviewer
from tests.factories import client_of, make_items, make_project, make_user

pytestmark = pytest.mark.django_db


def quality(project: Project, user: Any = None) -> Any:
    return client_of(user or project.owner).get(f"/api/v1/projects/{project.pk}/quality")


def test_quality_shows_agreement_people_cost_and_time() -> None:
    project = make_project(overlap_max=3, funds=1000)
    items = make_items(project, 3)
    people = decide(items[0], "refund", "refund", "refund")
    decide(items[1], "delivery", "delivery", "delivery")
    decide(items[2], "refund", "delivery", "other")
    gold = make_items(project, slots=2, gold={"intent": "refund"})[0]
    answer(gold, people[0], "refund")
    consensus.aggregate_item(gold.pk)
    refit_project(project.pk)
    body = quality(project).json()
    field = body["fields"][0]
    assert field["field"] == "intent" and field["states"]["approved"] >= 2
    assert field["agreement"]["low"] <= field["agreement"]["alpha"] <= field["agreement"]["high"]
    assert {label["label"] for label in field["labels"]} == {"refund", "delivery", "other"}
    scored = [worker for worker in body["workers"] if worker["gold_seen"]]
    assert [w["gold_score"] for w in scored] == [1.0] and scored[0]["annotator"].startswith("W-")
    assert body["cost"]["paid"]["amount_minor"] % 10 == 0
    assert body["cost"]["per_settled_item"]["amount_minor"] >= 30
    assert body["time"]["hourly_rate"] is None  # what browsers say of themselves is not shown as a rate
    assert body["progress"]["items"] == 4 and sum(body["progress"]["answers"].values()) == 10


def test_an_empty_project_has_quality_too(django_assert_max_num_queries: Any) -> None:
    project = make_project(funds=0)
    client = client_of(project.owner)  # making its token is not the page's work
    with django_assert_max_num_queries(20):
        body = client.get(f"/api/v1/projects/{project.pk}/quality").json()
    assert body["fields"][0]["agreement"]["alpha"] is None and body["workers"] == []
    assert body["cost"]["per_settled_item"] is None and body["time"]["median_seconds"] is None


def test_only_the_requester_sees_it() -> None:
    project = make_project()
    assert quality(project, make_user("stranger")).status_code == 404
    assert quality(project, make_reviewer(project)).status_code == 403


def test_a_reviewer_may_ask_for_a_fit() -> None:
    project = make_project()
    decide(make_items(project)[0], "refund", "refund", "refund")
    response = client_of(make_reviewer(project)).post(f"/api/v1/projects/{project.pk}/refit")
    assert response.status_code == 200 and response.json()["fields"][0]["states"] == {"approved": 1}


def test_my_skills_show_the_last_fit_and_nothing_of_gold() -> None:
    project = make_project()
    person = decide(make_items(project)[0], "refund", "refund", "refund")[0]
    gold = make_items(project, slots=2, gold={"intent": "other"})[0]
    client = client_of(person)
    refit_project(project.pk)
    before = client.get("/api/v1/me/skills").json()
    answer(gold, person, "refund")
    consensus.aggregate_item(gold.pk)
    assert client.get("/api/v1/me/skills").json() == before
    assert before["results"][0]["field"] == "intent" and "gold" not in str(before)


def test_somebody_with_gold_answers_only_has_no_skill_to_see() -> None:
    project, person = make_project(), make_user()
    gold = make_items(project, slots=2, gold={"intent": "other"})[0]
    answer(gold, person, "refund")
    consensus.aggregate_item(gold.pk)
    assert client_of(person).get("/api/v1/me/skills").json() == {"results": []}


def test_pending_money_shows_in_earnings() -> None:
    person = make_user()
    answer(make_items(make_project())[0], person, "refund")
    body = client_of(person).get("/api/v1/me/earnings").json()
    assert body["pending"] == [{"amount_minor": 10, "currency": "USD"}] and body["available"] == []
