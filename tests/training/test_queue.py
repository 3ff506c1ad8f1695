"""Who comes next, and that two trainers never take one run."""

import threading
from collections.abc import Callable

import pytest
from django.db import close_old_connections, connection
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, Role, User
from accounts.roles import grant
from common.errors import Conflict, Forbidden
from common.models import AuditEvent
from tasks_app.models import Project
from tests.factories import client_of, make_user
from training import queue
from training.models import Run
from training.queue import begins
from training.services.queue import advance_run, prioritise_run
from training.services.runs import start_run

Make = Callable[..., Run]


@pytest.fixture
def make_run(approved: Project, admin: User) -> Make:
    return lambda **more: start_run(project=approved, field="intent", recipe={}, actor=admin, **more)


@pytest.fixture
def project_admin(approved: Project) -> User:
    user = make_user("desk")
    grant(user, Role.ADMIN, approved.pk)
    return user


def taken() -> list[int]:
    """The numbers of all waiting runs, as trainers take them one after the other."""
    found = []
    while run := queue.claim_next():
        found.append(run.number)
    return found


def test_priority_comes_first_and_then_who_waits_longest(make_run: Make) -> None:
    for priority in (0, -1, 1, 0, 1):
        make_run(priority=priority)
    assert taken() == [3, 5, 1, 4, 2]


def test_a_claimed_run_has_a_holder_and_leaves_the_queue(make_run: Make) -> None:
    run = make_run()
    held = queue.claim_next()
    assert held is not None and held.pk == run.pk and held.claim is not None
    assert (held.state, held.attempt) == ("running", 1) and queue.claim_run(run.pk) is None


@pytest.mark.django_db(transaction=True)
def test_trainers_who_look_at_the_same_moment_take_different_runs(make_run: Make) -> None:
    wanted = {make_run().pk for _ in range(8)}
    barrier, found = threading.Barrier(12), []

    def take() -> None:
        close_old_connections()
        barrier.wait()
        if run := queue.claim_next():
            found.append(run.pk)
        connection.close()

    threads = [threading.Thread(target=take) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and set(found) == wanted


def test_an_admin_moves_a_run_to_the_head_of_the_queue(make_run: Make, admin: User) -> None:
    make_run(priority=1), make_run()
    last = make_run(priority=-1)
    assert queue.place_of(last) == 3
    moved = advance_run(run=last, actor=admin)
    assert (queue.place_of(moved), moved.priority) == (1, 1) and taken() == [3, 1, 2]
    assert AuditEvent.objects.filter(action="run.moved").count() == 1


def test_a_run_that_does_not_wait_is_not_moved(make_run: Make, admin: User) -> None:
    run = make_run()
    queue.claim_next()
    for change in (
        lambda: advance_run(run=run, actor=admin),
        lambda: prioritise_run(run=run, priority=1, actor=admin),
    ):
        with pytest.raises(Conflict):
            change()
    assert not AuditEvent.objects.filter(action="run.moved").exists()


def test_a_projects_admin_puts_no_run_before_those_of_others(
    approved: Project, make_run: Make, project_admin: User
) -> None:
    with pytest.raises(Forbidden):
        start_run(project=approved, field="intent", recipe={}, actor=project_admin, priority=1)
    run = make_run()
    client = client_of(project_admin)
    assert client.post(f"/api/v1/runs/{run.pk}/place", {"first": True}).status_code == 403
    assert client.post(f"/api/v1/runs/{run.pk}/place", {"priority": "low"}).json()["priority"] == "low"


def test_rest_gives_priority_place_and_the_head_of_the_queue(
    approved: Project, admin: User, stranger: User
) -> None:
    client = client_of(admin)
    body = {"project": str(approved.pk), "field": "intent", "recipe": {}}
    first = client.post("/api/v1/runs", {**body, "priority": "high"}).json()
    second = client.post("/api/v1/runs", body).json()
    assert (first["priority"], second["priority"]) == ("high", "normal")
    assert client.post("/api/v1/runs", {**body, "priority": "urgent"}).status_code == 422
    assert client.get(f"/api/v1/runs/{second['id']}").json()["position"] == 2
    place = f"/api/v1/runs/{second['id']}/place"
    assert client_of(stranger).post(place, {"first": True}).status_code == 404
    assert client.post(place, {"first": True}).json()["priority"] == "high"
    assert client.get(f"/api/v1/runs/{second['id']}").json()["position"] == 1


def test_the_page_shows_places_and_moves(make_run: Make, admin: User, redis_url: str) -> None:
    make_run()
    second = make_run(priority=-1)
    client = Client()
    client.force_login(admin)
    page = client.get("/training/").content.decode()
    assert "place 1 in the queue" in page and "place 2 in the queue" in page and "low priority" in page
    assert page.count("First in line") == 1
    assert client.post(f"/training/runs/{second.pk}/place/", {"first": "on"}).status_code == 302
    assert taken() == [2, 1]


@pytest.mark.parametrize(
    ("busy", "lengths", "slots", "expected"),
    [
        ([], [10, 10, 10], 1, [0, 10, 20]),
        ([5], [10, 10], 1, [5, 15]),
        ([5, 30], [10, 10, 10], 2, [5, 15, 25]),
        ([5], [10, 10], 2, [0, 5]),
    ],
)
def test_when_each_waiting_run_begins(
    busy: list[float], lengths: list[float], slots: int, expected: list[float]
) -> None:
    assert begins(busy, lengths, slots=slots) == expected


def test_waits_are_told_once_a_run_has_shown_how_long_one_takes(make_run: Make) -> None:
    done, waiting = make_run(), make_run()
    assert queue.expected_waits(1) == {}
    ended = timezone.now()
    Run.objects.filter(pk=done.pk).update(
        state="succeeded", started_at=ended - timezone.timedelta(seconds=60), finished_at=ended
    )
    running = make_run(priority=1)
    queue.claim_run(running.pk)
    Run.objects.filter(pk=running.pk).update(seconds_left=20)
    assert queue.expected_waits(1) == {waiting.pk: 20} and queue.expected_waits(0) == {}


def test_the_membership_of_a_project_admin_is_about_that_project(
    project_admin: User, approved: Project
) -> None:
    assert Membership.objects.get(user=project_admin).scope == approved.pk
