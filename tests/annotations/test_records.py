"""What annotators know of a requester before they begin, and what is paid for items that are taken away."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from annotations import approval, records
from annotations.models import Answer, Appeal, Consensus, ProjectRecord
from tasks_app.models import Assignment, Item, Project
from tasks_app.services.withdrawal import withdraw_item
from tests.annotations.crowd import answer, balance, decide, make_reviewer, told, wallet
from tests.factories import client_of, lease, make_items, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project(overlap_max=3, funds=1000)


def in_catalogue(user: Any) -> Any:
    return client_of(user).get("/api/v1/catalogue").json()["results"][0]["requester"]


def test_a_new_requester_is_shown_as_such(project: Project) -> None:
    assert in_catalogue(make_user()) == {
        "approval_rate": None,
        "median_decision_seconds": None,
        "appeal_rate": None,
        "appeals_upheld": None,
        "decided": 0,
    }


def test_rates_are_counted_over_all_projects_of_the_owner(project: Project) -> None:
    other = make_project(owner=project.owner, state="paused")
    for one, states in ((project, ["approved"] * 8 + ["rejected"] * 2), (other, ["approved"] * 10)):
        person = make_user()
        for item, state in zip(make_items(one, 10), states, strict=True):
            row = answer(item, person, "refund")
            at = row.created_at + timedelta(hours=2)
            Answer.objects.filter(pk=row.pk).update(state=state, decided_at=at)
    turned_down = Answer.objects.filter(state="rejected")
    Appeal.objects.create(answer=turned_down[0], text="x", state="dismissed")
    records.count_due()
    found = in_catalogue(make_user())
    assert found["approval_rate"] == pytest.approx(18 / 20) and found["decided"] == 20
    assert (found["appeal_rate"], found["appeals_upheld"]) == (0.5, 0.0)
    assert found["median_decision_seconds"] == pytest.approx(7200, abs=1)


def test_the_catalogue_never_counts_answers(project: Project) -> None:
    from django.test.utils import CaptureQueriesContext

    records.count_due()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        in_catalogue(make_user())
    assert not [one["sql"] for one in asked if "annotations_answer" in one["sql"]]


def test_reviewers_are_warned_once_before_answers_approve_themselves(project: Project) -> None:
    reviewer = make_reviewer(project)
    decide(make_items(project)[0], "refund", "delivery", "other")
    records.count_due()
    assert records.warn_reviewers() == 0
    soon = timezone.now() - timedelta(seconds=project.auto_approve_after) + timedelta(hours=3)
    Answer.objects.update(created_at=soon)
    assert [records.warn_reviewers(), records.warn_reviewers()] == [1, 0]
    assert told(reviewer) == ["approving_soon"] == told(project.owner)


def test_contested_answers_do_not_approve_themselves(project: Project) -> None:
    """A rejected answer stays rejected while its appeal is open; those beside it are paid in time."""
    people = decide(make_items(project)[0], "refund", "delivery", "other")
    from annotations.services.review import reject_answers

    mine = Answer.objects.get(worker=people[0])
    reject_answers(
        consensus=Consensus.objects.get(), category="missed", actor=project.owner, answer_ids=[mine.pk]
    )
    Appeal.objects.create(answer=mine, text="No.")
    Answer.objects.update(created_at=timezone.now() - timedelta(days=8))
    assert approval.auto_approve() == 2
    assert [wallet(person) for person in people] == [0, 10, 10]
    mine.refresh_from_db()
    assert mine.state == "rejected" and Appeal.objects.get().state == "open"


# -- items taken away --------------------------------------------------------------------------------------


def withdraw(project: Project, item: Item, user: Any = None) -> Any:
    client = client_of(user or project.owner)
    return client.post(f"/api/v1/items/{item.pk}/withdraw", {"reason": "Asked to be forgotten."})


def test_who_is_at_work_on_a_withdrawn_item_is_paid_a_share(project: Project) -> None:
    item = make_items(project)[0]
    person = make_user()
    held = lease(item, person)
    before = balance(project)
    assert withdraw(project, item).json()["state"] == "withdrawn"
    assert wallet(person) == 5 and told(person) == ["item_withdrawn"]
    assert balance(project) == (before[0] + 25, 0, 5)
    item.refresh_from_db()
    assert (item.slots, item.taken, item.submitted) == (0, 0, 0)
    late = client_of(person).post(f"/api/v1/assignments/{held.pk}/submit", {"answer": {"intent": "refund"}})
    assert (late.status_code, late.json()["code"]) == (409, "withdrawn")
    assert withdraw(project, item).status_code == 200 and wallet(person) == 5


def test_what_was_submitted_before_is_paid_in_full(project: Project) -> None:
    item = make_items(project)[0]
    person = make_user()
    answer(item, person, "refund")
    withdraw(project, item)
    Answer.objects.update(created_at=timezone.now() - timedelta(days=8))
    assert approval.auto_approve() == 1 and wallet(person) == 10
    assert balance(project) == (990, 0, 10)


def test_whoever_flags_is_not_paid_for_it_but_others_are(project: Project) -> None:
    item = make_items(project)[0]
    finder, other = make_user(), make_user()
    mine = lease(item, finder)
    lease(item, other)
    url = f"/api/v1/assignments/{mine.pk}/flag"
    assert client_of(finder).post(url, {"kind": "personal_data"}).status_code == 204
    assert (wallet(finder), wallet(other)) == (0, 5)
    states = dict(Assignment.objects.values_list("worker", "state"))
    assert states == {finder.pk: "returned", other.pk: "withdrawn"}


def test_a_project_may_promise_all_or_nothing(project: Project) -> None:
    for share, paid in ((0.0, 0), (1.0, 10)):
        Project.objects.update(pay_withdrawn_share=share)
        item, person = make_items(project)[0], make_user()
        lease(item, person)
        withdraw(project, item)
        assert wallet(person) == paid


def test_finishing_a_project_leaves_people_their_leases(project: Project) -> None:
    """They may hand in what they hold, and are paid in full."""
    from tasks_app.services.projects import finish_project

    item = make_items(project)[0]
    person = make_user()
    held = lease(item, person)
    finish_project(project=project, actor=project.owner)
    done = client_of(person).post(f"/api/v1/assignments/{held.pk}/submit", {"answer": {"intent": "refund"}})
    assert done.status_code == 201
    Answer.objects.update(created_at=timezone.now() - timedelta(days=8))
    approval.auto_approve()
    assert wallet(person) == 10


def test_strangers_cannot_withdraw(project: Project) -> None:
    item = make_items(project)[0]
    assert withdraw(project, item, make_user("stranger")).status_code == 404
    assert not ProjectRecord.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_answer_handed_in_while_its_item_is_withdrawn_counts_once() -> None:
    """Either the answer is in, or the person was paid the share; never both, never neither, no deadlock."""
    project = make_project(overlap_min=1, funds=1000)
    items, start = make_items(project, 10), threading.Barrier(2)
    people = [make_user() for _ in items]
    held = [lease(item, person) for item, person in zip(items, people, strict=True)]
    clients = [client_of(person) for person in people]

    def one(turn: int) -> list[int]:
        statuses = []
        for item, row, client in zip(items, held, clients, strict=True):
            start.wait()
            if turn:
                statuses.append(withdraw(project, item).status_code)
            else:
                body = {"answer": {"intent": "refund"}}
                statuses.append(client.post(f"/api/v1/assignments/{row.pk}/submit", body).status_code)
        connection.close()
        return statuses

    with ThreadPoolExecutor(2) as pool:
        submitted, withdrawn = pool.map(one, (0, 1))
    assert set(withdrawn) == {200} and set(submitted) <= {201, 409}
    for status, person in zip(submitted, people, strict=True):
        assert Answer.objects.filter(worker=person).exists() is (status == 201)
        assert wallet(person) == (0 if status == 201 else 5)
    assert balance(project)[1:] == (10 * submitted.count(201), 5 * submitted.count(409))


@pytest.mark.django_db(transaction=True)
def test_withdrawing_never_waits_for_who_holds_a_lease_and_wants_the_item() -> None:
    """The order in which a submit takes its locks, slowed down: waiting for it would be a deadlock."""
    project = make_project(overlap_min=1, funds=1000)
    item = make_items(project)[0]
    held = lease(item, make_user())
    locked = threading.Event()

    def hand_in() -> None:
        try:
            with transaction.atomic():
                Assignment.objects.select_for_update().get(pk=held.pk)
                locked.set()
                time.sleep(1.0)
                Item.objects.select_for_update().get(pk=item.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(hand_in)
        locked.wait()
        withdraw_item(item_id=item.pk, reason="flag", actor=project.owner)
        done.result()
    held.refresh_from_db()
    assert held.state == "leased"
