from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Notification
from accounts.services.notifications import notify
from annotations import recognition_feed
from annotations.models import Answer
from rewards.models import Badge, Recognition
from rewards.services import recognition
from rewards.streaks import streaks_of
from tests.annotations.crowd import answer
from tests.factories import client_of, make_items, make_project, make_user

MONDAY = date(2026, 3, 2)


def days(*numbers: int) -> list[date]:
    return [MONDAY + timedelta(days=number) for number in numbers]


@pytest.mark.parametrize(
    ("worked", "today", "current", "longest"),
    [
        ([], 0, 0, 0),
        ([0, 1, 2], 2, 3, 3),
        ([0, 1, 2, 3, 4, 7, 8], 8, 7, 7),  # a weekend breaks nothing
        ([0, 1, 5, 6], 6, 2, 2),  # three days do
        ([0, 1, 2], 5, 3, 3),  # two days off so far: it still stands
        ([0, 1, 2], 6, 0, 3),
        ([2, 0, 1, 1], 2, 3, 3),  # in any order, a day once
    ],
)
def test_streaks_forgive_rest(worked, today, current, longest) -> None:
    found = streaks_of(days(*worked), MONDAY + timedelta(days=today))
    assert (found.current, found.longest, found.active_days) == (current, longest, len(set(worked)))


def test_levels_rise_ever_more_slowly() -> None:
    assert [recognition.level_of(points) for points in (0, 9, 10, 39, 40, 1000)] == [1, 1, 2, 2, 3, 11]
    assert all(
        recognition.level_of(recognition.points_for_next(n)) == recognition.level_of(n) + 1
        for n in range(300)
    )


@pytest.fixture
def ann(db):
    return make_user("ann")


def work(user, number=3, *, approved=2, rejected=0, at=None, project=None) -> None:
    items = make_items(project or make_project(), number)
    for place, item in enumerate(items):
        given = answer(item, user, "refund")
        state = "approved" if place < approved else "rejected" if place < approved + rejected else "pending"
        Answer.objects.filter(pk=given.pk).update(state=state, created_at=at or timezone.now())


def test_points_are_approved_answers_and_running_again_adds_nothing(ann) -> None:
    work(ann, 4, approved=2, rejected=1)
    for _run in range(3):
        row = recognition.update_recognition(user_id=ann.pk)
    assert (row.points, row.recent_points, row.streak) == (2, 2, 1)
    assert list(Badge.objects.filter(user=ann.pk).values_list("name", flat=True)) == ["first"]
    assert Notification.objects.filter(user=ann, kind="badge_earned").count() == 1


def test_a_day_is_the_persons_own(ann) -> None:
    """23:30 and 00:30 UTC are two days in London, and one in Tokyo."""
    work(ann, 1, approved=1, at=datetime(2026, 3, 2, 23, 30, tzinfo=UTC))
    work(ann, 1, approved=1, at=datetime(2026, 3, 3, 0, 30, tzinfo=UTC))
    assert recognition.update_recognition(user_id=ann.pk).active_days == 2
    assert recognition.set_listing(user_id=ann.pk, time_zone="Asia/Tokyo").active_days == 1


def test_gold_counts_like_any_other_answer(ann) -> None:
    project = make_project()
    [gold] = make_items(project, 1, gold={"intent": "refund"})
    given = answer(gold, ann, "delivery")  # wrong
    Answer.objects.filter(pk=given.pk).update(state="approved")
    work(ann, 1, approved=1, project=project)
    assert recognition.update_recognition(user_id=ann.pk).points == 2


def board(user) -> list[dict]:
    return client_of(user).get("/api/v1/leaderboard").json()["results"]


def test_who_leaves_the_leaderboard_is_nowhere_on_it(ann) -> None:
    bob = make_user("bob")
    work(ann, 3, approved=3)
    work(bob, 2, approved=2)
    for user in (ann, bob):
        recognition.update_recognition(user_id=user.pk)
    assert [(p["rank"], p["points"], p["mine"]) for p in board(bob)] == [(1, 3, False), (2, 2, True)]
    assert client_of(ann).patch("/api/v1/me/recognition", {"listing": "hidden"}).status_code == 200
    assert [(p["rank"], p["points"]) for p in board(bob)] == [(1, 2)]
    page = Client()
    page.force_login(bob)
    assert (
        recognition.name_of(Recognition.objects.get(user=ann.pk))
        not in page.get("/recognition/").content.decode()
    )


def test_nobody_is_listed_by_name_unless_they_chose_one(ann) -> None:
    work(ann, 1, approved=1)
    recognition.update_recognition(user_id=ann.pk)
    assert "ann" not in board(make_user("bob"))[0]["name"].replace("Annotator", "")
    client = client_of(ann)
    assert client.patch("/api/v1/me/recognition", {"listing": "nickname"}).status_code == 422
    client.patch("/api/v1/me/recognition", {"listing": "nickname", "nickname": " Blue   Heron "})
    assert board(ann)[0]["name"] == "Blue Heron"


def test_who_has_left_the_site_is_not_listed(ann) -> None:
    work(ann, 1, approved=1)
    recognition.update_recognition(user_id=ann.pk)
    ann.is_active = False
    ann.save()
    assert board(make_user("bob")) == []


def test_the_sweep_finds_those_who_worked_and_rests_then(ann) -> None:
    from tasks_app.models import WorkerProgress

    project = make_project()
    work(ann, 2, approved=1, project=project)
    WorkerProgress.objects.create(project=project, worker=ann)
    assert recognition_feed.update_changed() == 1
    Recognition.objects.update(updated_at=timezone.now() + timedelta(minutes=2))
    assert recognition_feed.update_changed() == 0


def test_the_page_shows_points_and_saves_the_choice(ann) -> None:
    work(ann, 1, approved=1)
    recognition.update_recognition(user_id=ann.pk)
    browser = Client()
    browser.force_login(ann)
    page = browser.get("/recognition/").content.decode()
    assert "the first answer" in page and "9 points to level 2" in page
    sent = {"listing": "hidden", "nickname": "", "time_zone": "Asia/Shanghai"}
    assert browser.post("/recognition/", sent).status_code == 302
    row = Recognition.objects.get(user=ann.pk)
    assert (row.listing, row.time_zone) == ("hidden", "Asia/Shanghai")
    assert browser.post("/recognition/", {**sent, "time_zone": "Mars/Base"}).status_code == 422


def test_the_note_about_a_badge_is_shown_without_an_amount(client, db) -> None:
    person = make_user("ann")
    notify(user_id=person.pk, kind="badge_earned", url="/recognition/", badge="first")
    notify(user_id=person.pk, kind="of_another_version", url="/")
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    page = client.get("/settings/notifications/")
    assert page.status_code == 200
    assert "You have a new badge:" in page.text and "of_another_version" in page.text
