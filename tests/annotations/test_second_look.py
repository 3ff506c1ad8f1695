"""A share of the decisions is taken twice, blindly; where the two differ, a third one settles it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from annotations import second_look
from annotations.models import Answer, Consensus, SecondReview
from tasks_app.models import Item, Project
from tests.annotations.crowd import balance, decide, make_reviewer, wallet
from tests.factories import client_of, make_items, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project(overlap_max=3, funds=1000, second_review_share=1.0)


@pytest.fixture
def people(project: Project) -> list[Any]:
    return decide(make_items(project)[0], "refund", "delivery", "other")


@pytest.fixture
def first(project: Project) -> Any:
    return client_of(make_reviewer(project))


@pytest.fixture
def other(project: Project) -> Any:
    return client_of(make_reviewer(project))


def act(client: Any, action: str, **body: Any) -> Any:
    return client.post(f"/api/v1/consensus/{Consensus.objects.get().pk}/{action}", body)


def again(client: Any, **body: Any) -> Any:
    return client.post(f"/api/v1/second-reviews/{SecondReview.objects.get().pk}/decide", body)


def resolve(client: Any, side: str) -> Any:
    return client.post(f"/api/v1/second-reviews/{SecondReview.objects.get().pk}/resolve", {"side": side})


def waiting(client: Any, project: Project, what: str = "second-reviews") -> Any:
    return client.get(f"/api/v1/projects/{project.pk}/{what}").json()["results"]


def test_the_share_says_how_many_are_taken_twice(project: Project, first: Any) -> None:
    project.second_review_share = 0.0
    project.save()
    decide(make_items(project)[0], "refund", "delivery", "other")
    act(first, "approve")
    assert not SecondReview.objects.exists()


def test_about_the_share_is_drawn() -> None:
    from types import SimpleNamespace
    from unittest import mock

    from common.ids import uuid7

    project = SimpleNamespace(second_review_share=0.2)
    with mock.patch.object(SecondReview.objects, "create") as create:
        for _ in range(2000):
            second_look.draw(project, SimpleNamespace(pk=uuid7()))  # type: ignore[arg-type]
    assert 320 < create.call_count < 480  # 0.2 +- 4.5 standard deviations


def test_the_second_look_is_blind(project: Project, people: Any, first: Any, other: Any) -> None:
    before = Consensus.objects.get().value
    value = next(one for one in ("refund", "delivery", "other") if one != before)
    act(first, "correct", value=value, reason="Secret words.", code="wrong_label")
    [entry] = waiting(other, project)
    assert entry["value"] == before
    told = str(entry)
    for hidden in ("Secret", "wrong_label", "corrected", "confidence", "history", "approved"):
        assert hidden not in told
    page = other.get(f"/items/{Item.objects.get().pk}/")
    assert "Secret" not in page.content.decode()


def test_the_first_reviewer_does_not_look_again(project: Project, people: Any, first: Any) -> None:
    act(first, "approve")
    assert waiting(first, project) == []
    assert again(first, action="approve").json()["code"] == "first_reviewer"


def test_two_who_agree_change_nothing(project: Project, people: Any, first: Any, other: Any) -> None:
    act(first, "approve")
    response = again(other, action="approve")
    assert (response.status_code, response.json()["state"]) == (200, "agreed")
    assert Consensus.objects.get().state == "approved" and balance(project)[2] == 30
    assert again(other, action="approve").json()["code"] == "already_decided"


def test_approving_and_correcting_to_the_same_value_agree(people: Any, first: Any, other: Any) -> None:
    value = Consensus.objects.get().value
    act(first, "approve")
    assert again(other, action="correct", value=value).json()["state"] == "agreed"


def differ(first: Any, other: Any) -> str:
    row = Consensus.objects.get()
    value = next(one for one in ("refund", "delivery", "other") if one != row.value)
    act(first, "approve")
    assert again(other, action="correct", value=value).json()["state"] == "differs"
    return value


def test_a_third_one_settles_it(project: Project, people: Any, first: Any, other: Any) -> None:
    value = differ(first, other)
    [entry] = waiting(first, project, "review-disagreements")
    assert (entry["first"]["action"], entry["second"]["action"]) == ("approve", "correct")
    assert resolve(first, "first").json()["code"] == "third_reviewer"
    assert resolve(other, "second").json()["code"] == "third_reviewer"
    assert resolve(client_of(make_user("stranger")), "second").status_code == 404
    third = client_of(make_reviewer(project))
    assert resolve(third, "second").json()["state"] == "resolved"
    row = Consensus.objects.get()
    assert (row.state, row.value, row.confidence) == ("corrected", value, 1.0)
    assert resolve(third, "first").status_code == 409
    assert balance(project)[2] == 30  # paid work stays paid, and is not paid again


def test_the_owner_settles_it_where_nobody_else_is(project: Project, people: Any, other: Any) -> None:
    owner = client_of(project.owner)
    differ(owner, other)
    assert resolve(owner, "first").status_code == 200
    assert Consensus.objects.get().state == "approved"


def test_an_owner_does_not_settle_their_own_second_look(project: Project, people: Any, first: Any) -> None:
    owner = client_of(project.owner)
    differ(first, owner)
    assert resolve(owner, "second").json()["code"] == "third_reviewer"
    assert resolve(client_of(make_reviewer(project)), "first").status_code == 200


def test_a_wrong_rejection_is_undone(project: Project, people: Any, first: Any, other: Any) -> None:
    act(first, "reject", code="careless")
    appealed = Answer.objects.get(worker=people[0])
    client_of(people[0]).post(f"/api/v1/answers/{appealed.pk}/appeal", {"text": "I read it."})
    assert again(other, action="approve").json()["state"] == "differs"
    assert resolve(client_of(make_reviewer(project)), "second").status_code == 200
    assert [wallet(person) for person in people] == [10, 10, 10]
    assert set(Answer.objects.values_list("state", "category")) == {("approved", "")}
    appealed.refresh_from_db()
    assert appealed.appeal.state == "upheld"


def test_a_wrong_approval_is_not_taken_out_of_pockets(
    project: Project, people: Any, first: Any, other: Any
) -> None:
    act(first, "approve")
    again(other, action="reject", code="careless", reason="x")
    resolve(client_of(make_reviewer(project)), "second")
    assert Consensus.objects.get().state == "rejected"
    assert [wallet(person) for person in people] == [10, 10, 10]


def test_agreement_is_measured(project: Project, people: Any, first: Any, other: Any) -> None:
    act(first, "approve")
    again(other, action="approve")
    found = second_look.reviewer_agreement(project.pk)
    assert (found.compared, found.agreed, found.rate) == (1, 1, 1.0)


def test_strangers_find_nothing(project: Project, people: Any, first: Any) -> None:
    act(first, "approve")
    stranger = client_of(make_user("stranger"))
    assert again(stranger, action="approve").status_code == 404
    for what in ("second-reviews", "review-disagreements"):
        assert stranger.get(f"/api/v1/projects/{project.pk}/{what}").status_code == 404
    assert again(client_of(people[0]), action="approve").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_two_second_reviewers_at_once_one_counts(
    project: Project, people: Any, first: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody compares slowly, so that without the row's lock all four would be in between."""
    act(first, "approve")
    compare = second_look.second_outcome
    monkeypatch.setattr(second_look, "second_outcome", lambda row: time.sleep(0.2) or compare(row))
    clients = [client_of(make_reviewer(project)) for _ in range(4)]
    start = threading.Barrier(4)

    def one(client: Any) -> int:
        start.wait()
        try:
            return int(again(client, action="approve").status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, clients)) == [200, 409, 409, 409]


def test_nobody_looks_again_while_somebody_in_it_has_it_restricted(
    project: Project, people: list[Any], first: Any, other: Any
) -> None:
    act(first, "approve")
    assert len(waiting(other, project)) == 1
    Item.objects.update(restricted=True)
    assert waiting(other, project) == []
