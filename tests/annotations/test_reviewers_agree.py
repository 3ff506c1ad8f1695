"""Where a project wants two reviewers, nothing is approved by one: they agree, or a third one decides."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from annotations import agreeing
from annotations.models import Answer, Consensus, Review
from annotations.services import review
from common.errors import Conflict, Invalid
from tasks_app.models import Item, Project
from tasks_app.services.projects import create_project, update_project
from tests.annotations.crowd import decide, make_reviewer, wallet
from tests.factories import client_of, make_items, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project(overlap_max=3, funds=1000, reviewers_needed=2)


@pytest.fixture
def people(project: Project) -> list[Any]:
    """Three people who agree: without the rule nobody would look at it."""
    return decide(make_items(project)[0], "refund", "refund", "refund")


@pytest.fixture
def row(people: list[Any]) -> Consensus:
    return Consensus.objects.get()


def reviewers(project: Project, number: int) -> list[Any]:
    return [client_of(make_reviewer(project)) for _ in range(number)]


def act(client: Any, row: Consensus, action: str, **body: Any) -> Any:
    return client.post(f"/api/v1/consensus/{row.pk}/{action}", body)


def correct(client: Any, row: Consensus, value: str) -> Any:
    return act(client, row, "correct", value=value, reason="Read again.")


def queue(client: Any, project: Project) -> Any:
    return client.get(f"/api/v1/projects/{project.pk}/reviews").json()["results"]


def test_what_the_crowd_is_sure_of_goes_to_reviewers_too(row: Consensus, people: list[Any]) -> None:
    assert (row.state, row.cause) == ("review", "sample") and wallet(people[0]) == 0


def test_two_who_agree_approve_and_pay(row: Consensus, people: list[Any]) -> None:
    one, other = reviewers(row.project, 2)
    first = act(one, row, "approve").json()
    assert (first["state"], first["waits_for_another"]) == ("review", True)
    assert wallet(people[0]) == 0 and Item.objects.get().state == "open"
    second = act(other, row, "approve").json()
    assert (second["state"], second["waits_for_another"]) == ("approved", False)
    assert wallet(people[0]) == 10 and Item.objects.get().state == "closed"
    assert Review.objects.filter(waits=False).values("reviewer").distinct().count() == 2
    assert not Review.objects.filter(waits=True).exists()


def test_nobody_agrees_with_themselves(row: Consensus) -> None:
    [one] = reviewers(row.project, 1)
    act(one, row, "approve")
    again = act(one, row, "approve")
    assert (again.status_code, again.json()["code"]) == (409, "already_decided_by_you")
    assert correct(one, row, "delivery").status_code == 409
    row.refresh_from_db()
    assert row.state == "review" and queue(one, row.project) == []


def test_the_second_one_sees_that_somebody_decided_and_not_what(row: Consensus) -> None:
    one, other = reviewers(row.project, 2)
    correct(one, row, "delivery")
    [entry] = queue(other, row.project)
    assert (entry["reviewers_needed"], entry["reviewers_decided"]) == (2, 1)
    assert entry["value"] == "refund" and entry["history"] == []
    page = other.get(f"/api/v1/items/{row.item_id}")
    assert "delivery" not in str(page.json().get("history", ""))


def test_a_third_one_settles_what_two_see_differently(row: Consensus) -> None:
    one, other, third = reviewers(row.project, 3)
    act(one, row, "approve")
    assert correct(other, row, "delivery").json()["state"] == "review"
    assert correct(third, row, "delivery").json()["state"] == "corrected"
    row.refresh_from_db()
    assert (row.value, row.confidence) == ("delivery", 1.0)
    assert Review.objects.filter(consensus=row, waits=True).count() == 0


def test_three_who_all_differ_need_a_fourth(row: Consensus) -> None:
    one, other, third, fourth = reviewers(row.project, 4)
    act(one, row, "approve")
    correct(other, row, "delivery")
    assert correct(third, row, "other").json()["state"] == "review"
    assert correct(fourth, row, "other").json()["state"] == "corrected"


def test_what_was_said_before_answers_were_sent_back_counts_no_more(row: Consensus) -> None:
    one, other, third = reviewers(row.project, 3)
    act(one, row, "approve")
    assert act(other, row, "reject", reason="Too quick.").status_code == 200
    assert not Review.objects.filter(waits=True).exists()
    decide(Item.objects.get(), "refund", "refund", "refund")
    row.refresh_from_db()
    assert row.state == "review"
    assert act(third, row, "approve").json()["state"] == "review"
    assert act(one, row, "approve").json()["state"] == "approved"


def test_a_word_is_about_the_value_that_was_seen(row: Consensus) -> None:
    """The crowd says something else by the time the second one approves: they did not approve the same."""
    one, other = reviewers(row.project, 2)
    act(one, row, "approve")
    Consensus.objects.filter(pk=row.pk).update(value="delivery")
    assert act(other, row, "approve").json()["state"] == "review"


@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_moment_are_counted_one_after_the_other(
    row: Consensus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the item's lock both would find nobody's word, and it would wait for ever."""
    actors = [make_reviewer(row.project) for _ in range(2)]
    start, real = threading.Barrier(2), agreeing.is_agreed

    def slowly(*args: Any) -> bool:
        found = real(*args)
        threading.Event().wait(0.3)
        return found

    monkeypatch.setattr(agreeing, "is_agreed", slowly)

    def work(actor: Any) -> str:
        start.wait()
        try:
            return review.approve_consensus(consensus=row, actor=actor).state
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(work, actors)) == ["approved", "review"]
    row.refresh_from_db()
    assert row.state == "approved" and Answer.objects.filter(state="approved").count() == 3


@pytest.mark.django_db(transaction=True)
def test_one_who_clicks_twice_at_once_is_one_reviewer(row: Consensus) -> None:
    actor, start = make_reviewer(row.project), threading.Barrier(2)

    def work(_number: int) -> str:
        start.wait()
        try:
            return review.approve_consensus(consensus=row, actor=actor).state
        except Conflict as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(work, range(2))) == ["already_decided_by_you", "review"]
    row.refresh_from_db()
    assert row.state == "review"


def test_the_setting_comes_with_the_template_and_is_shown_and_changed() -> None:
    owner = make_user("owner")
    made = create_project(owner=owner, template="health-triage")
    assert made.reviewers_needed == 2
    assert create_project(owner=owner, template="customer-service").reviewers_needed == 1
    api = client_of(owner)
    assert api.get(f"/api/v1/projects/{made.pk}").json()["reviewers_needed"] == 2
    api.patch(f"/api/v1/projects/{made.pk}", {"reviewers_needed": 3}, format="json")
    made.refresh_from_db()
    assert made.reviewers_needed == 3
    with pytest.raises(Invalid):
        update_project(project=made, actor=owner, reviewers_needed=0)


def test_the_review_page_says_how_many_have_to_agree(row: Consensus, client: Any) -> None:
    [first] = reviewers(row.project, 1)
    act(first, row, "approve")
    client.force_login(make_reviewer(row.project))
    page = client.get(f"/projects/{row.project_id}/review/").content.decode()
    assert "1 reviewers have decided, 2 have to agree" in page
    kept = client.post(f"/review/{row.pk}/decide/", {"action": "correct", "value": '"delivery"'}, follow=True)
    assert "Kept. It is approved once another reviewer comes to the same." in kept.content.decode()
