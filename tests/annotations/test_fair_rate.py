"""The meter: times are the server's, what the browser says moves them only within bounds."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from accounts.models import Notification
from annotations import fair_rate, money
from annotations.models import Answer
from common.errors import Conflict
from privacy.holders import Subject
from rewards import fair_rate as rates
from rewards.models import Activity, FairRate, LedgerAccount, WorkedDay
from tasks_app.models import Assignment
from tasks_app.services import banning
from tests.annotations.crowd import answer
from tests.factories import client_of, lease, make_items, make_project, make_user
from tests.privacy.subjects import erase

FLOOR = override_settings(FAIR_RATE_FLOORS={"USD": Decimal("8")})
NOON = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=2)


@pytest.fixture
def project(db):
    return make_project(reward_minor=10)


@pytest.fixture
def ann(db):
    return make_user("ann")


def answered(project, worker, *, taken, sent, told=0.0, signs=None, state="pending") -> Answer:
    """Taken and sent so many seconds after noon; `signs`: sure, trimmed, first, last, as the server heard."""
    [item] = make_items(project, 1)
    given = answer(item, worker, "refund")
    moment = NOON + timedelta(seconds=sent)
    Assignment.objects.filter(pk=given.assignment_id).update(
        created_at=NOON + timedelta(seconds=taken), closed_at=moment
    )
    Answer.objects.filter(pk=given.pk).update(created_at=moment, seconds=told, state=state)
    if signs:
        sure, trimmed, first, last = signs
        Activity.objects.create(
            assignment=given.assignment_id,
            sure_seconds=sure,
            trimmed_seconds=trimmed,
            first_at=NOON + timedelta(seconds=first),
            last_at=NOON + timedelta(seconds=last),
        )
    return given


def seconds(project) -> float:
    fair_rate.measure_project(project.pk)
    return sum(WorkedDay.objects.filter(project=project.pk).values_list("seconds", flat=True))


@pytest.mark.parametrize(
    ("how", "active"),
    [
        ({"sent": 60}, 60),  # nothing said: from the lease to the answer
        ({"sent": 60, "told": 40}, 40),  # the browser trims idle better than we see it
        ({"sent": 60, "told": 900}, 60),  # and cannot make it longer than it took
        ({"sent": 1200}, 120),  # twenty silent minutes are no work
        ({"sent": 1200, "told": 1200}, 120),  # whoever says so
        ({"sent": 600, "signs": (500, 500, 20, 580)}, 540),  # 20 before, 500 between, 20 after
        ({"sent": 600, "told": 530, "signs": (500, 500, 20, 580)}, 530),
        (
            {"sent": 600, "told": 3, "signs": (500, 500, 20, 580)},
            500,
        ),  # too little said: the signs know better
        ({"sent": 600, "told": 900, "signs": (500, 500, 20, 580)}, 540),
        ({"sent": 3600, "signs": (60, 60, 20, 80)}, 200),  # gone for nearly an hour at the end
    ],
)
def test_active_time_is_the_servers(project, ann, how, active) -> None:
    answered(project, ann, taken=0, **how)
    assert seconds(project) == pytest.approx(active)


def test_items_fetched_ahead_are_not_counted_twice(project, ann) -> None:
    """Five taken at once and sent every 30 seconds: 150 seconds of work, not 450."""
    for number in range(1, 6):
        answered(project, ann, taken=0, sent=30 * number)
    assert seconds(project) == pytest.approx(150)


def test_work_on_another_project_is_not_counted_here(project, ann) -> None:
    answered(make_project(), ann, taken=0, sent=80)
    answered(project, ann, taken=0, sent=100)
    assert seconds(project) == pytest.approx(20)


def test_measuring_again_changes_nothing_and_rejection_does(project, ann) -> None:
    given = answered(project, ann, taken=0, sent=30)
    for _run in range(3):
        fair_rate.measure_project(project.pk)
    row = WorkedDay.objects.get()
    assert (row.answers, row.seconds, row.earned_minor) == (1, pytest.approx(30), 10)
    Answer.objects.filter(pk=given.pk).update(state="rejected", decided_at=timezone.now())
    FairRate.objects.update(decided_until=timezone.now() - timedelta(hours=2))
    fair_rate.measure_project(project.pk)
    row.refresh_from_db()
    assert (row.answers, row.earned_minor) == (1, 0)  # the time was spent, the pay is gone


def test_a_share_paid_for_a_rejected_answer_is_earned(project, ann) -> None:
    given = answered(project, ann, taken=0, sent=30, state="rejected")
    Answer.objects.filter(pk=given.pk).update(partial_minor=5)
    fair_rate.measure_project(project.pk)
    assert WorkedDay.objects.get().earned_minor == 5


def test_a_large_project_is_measured_less_often(project, ann) -> None:
    answered(project, ann, taken=0, sent=30)
    Answer.objects.update(created_at=timezone.now())
    assert fair_rate.measure_changed() == 1
    FairRate.objects.update(answers=100_000, measured_until=timezone.now() - timedelta(minutes=10))
    assert fair_rate.measure_changed() == 0
    FairRate.objects.update(measured_until=timezone.now() - timedelta(minutes=17))
    assert fair_rate.measure_changed() == 1


def crowd(project, *paces: int) -> list:
    """People who took so many seconds for each of three items at 10 cents."""
    people = [make_user() for _ in paces]
    for person, pace in zip(people, paces, strict=True):
        for number in range(3):
            answered(project, person, taken=0, sent=pace * (number + 1))
    fair_rate.measure_project(project.pk)
    return people


@FLOOR
def test_the_median_and_the_upper_quarter_are_of_people(project) -> None:
    crowd(project, 30, 36, 60, 90, 100)  # 12.00, 10.00, 6.00, 4.00, 3.60 an hour
    rate = rates.rate_of(project.pk, "USD")
    assert (rate.median_minor, rate.upper_minor, rate.median_seconds) == (600, 1000, 60)
    assert (rate.people, rate.below_floor, rate.floor_minor, rate.is_low) == (5, 3, 800, True)


def test_the_requester_reads_the_same_figures_beside_the_quality(project) -> None:
    crowd(project, 30, 36, 60, 90, 100)
    client = client_of(project.owner)
    time = client.get(f"/api/v1/projects/{project.pk}/quality").json()["time"]
    assert time["median_seconds"] == 60
    assert (time["hourly_rate"]["amount_minor"], time["hourly_rate_upper"]["amount_minor"]) == (600, 1000)
    browser = Client()
    browser.force_login(project.owner)
    page = browser.get(f"/projects/{project.pk}/quality/").content.decode()
    assert "6.00" in page and "10.00" in page


@FLOOR
def test_the_rate_is_shown_before_anybody_accepts(project, ann, django_assert_max_num_queries) -> None:
    make_items(project, 2)
    crowd(project, 30, 36, 60, 90)
    [entry] = client_of(ann).get("/api/v1/catalogue").json()["results"]
    assert entry["hourly_rate"] == {"amount_minor": 800, "currency": "USD"}
    assert entry["hourly_rate_upper"]["amount_minor"] == 1050
    assert entry["below_floor"] is False and entry["median_minutes"] == 1.0


def test_two_people_say_nothing_about_a_third(project, ann) -> None:
    make_items(project, 1)
    crowd(project, 30, 60)
    [entry] = client_of(ann).get("/api/v1/catalogue").json()["results"]
    assert entry["hourly_rate"] is None


@FLOOR
def test_the_alarm_rings_once_and_again_after_a_week(project) -> None:
    crowd(project, 90, 90, 90)
    told = Notification.objects.filter(user=project.owner, kind="rate_below_floor")
    fair_rate.measure_project(project.pk)
    assert told.count() == 1
    fair_rate.measure_project(project.pk, now=timezone.now() + timedelta(days=8))
    assert told.count() == 2


@FLOOR
def test_a_fair_project_raises_no_alarm(project) -> None:
    crowd(project, 30, 30, 30)
    assert not Notification.objects.filter(kind="rate_below_floor").exists()


@FLOOR
def test_a_project_may_promise_more_than_the_site_and_not_less(project) -> None:
    rates.set_floor(project_id=project.pk, currency="USD", floor_minor=1200)
    assert rates.rate_of(project.pk, "USD").floor_minor == 1200
    rates.set_floor(project_id=project.pk, currency="USD", floor_minor=500)
    assert rates.rate_of(project.pk, "USD").floor_minor == 800


@FLOOR
def test_one_click_lifts_everybody_to_the_floor_and_a_second_nobody(project) -> None:
    people = crowd(project, 30, 60, 90)  # the last two: 180 s and 270 s at 6.00 and 4.00 an hour
    owner = client_of(project.owner)
    path = f"/api/v1/projects/{project.pk}/top-up"
    shown = owner.get(path).json()
    assert [line["due"]["amount_minor"] for line in shown["results"]] == [30, 10]
    assert shown["total"]["amount_minor"] == 40
    body = {"total_minor": 40}
    assert owner.post(path, body).json()["amount_minor"] == 40
    assert owner.post(path, body).json()["amount_minor"] == 0
    fair_rate.measure_project(project.pk)
    rate = rates.rate_of(project.pk, "USD")
    assert (rate.below_floor, rate.median_minor) == (0, 800)
    assert owner.get(path).json()["results"] == []
    assert Notification.objects.filter(user=people[2], kind="bonus_received").count() == 1


@FLOOR
def test_who_was_kept_out_is_not_lifted_by_one_click(project) -> None:
    people = crowd(project, 30, 60, 90)
    banning.ban_worker(project=project, worker=people[2], reason="Random answers.", actor=project.owner)
    assert [line.due_minor for line in money.top_up_preview(project).lines] == [10]


@FLOOR
def test_who_was_erased_is_not_lifted_and_keeps_nobody_else_from_it(project) -> None:
    people = crowd(project, 30, 60, 90)
    erase(Subject(account=people[2].pk))
    assert money.pay_top_up(project=project, expected_minor=10, actor=project.owner) == 10
    paid = LedgerAccount.objects.filter(kind="wallet", balance__gt=0).values_list("owner", flat=True)
    assert set(paid) <= {person.pk for person in people[:2]}


@FLOOR
def test_a_sum_that_was_not_shown_is_not_paid(project) -> None:
    crowd(project, 30, 60, 90)
    with pytest.raises(Conflict):
        money.pay_top_up(project=project, expected_minor=39, actor=project.owner)
    poor = make_project(funds=0, owner=project.owner, reward_minor=0)
    crowd(poor, 30, 60, 90)
    with pytest.raises(Conflict) as refused:
        money.pay_top_up(project=poor, expected_minor=120, actor=poor.owner)
    assert refused.value.code == "insufficient_funds"


def test_signs_of_life_add_up_and_belong_to_the_holder(project, ann) -> None:
    [item] = make_items(project, 1)
    held = lease(item, ann)
    path = f"/api/v1/assignments/{held.pk}/activity"
    assert client_of(make_user("bob")).post(path).status_code == 404
    assert client_of(ann).post(path).status_code == 204
    Activity.objects.update(last_at=timezone.now() - timedelta(seconds=30))
    client_of(ann).post(path)
    Activity.objects.update(last_at=timezone.now() - timedelta(seconds=500))
    client_of(ann).post(path)
    row = Activity.objects.get(assignment=held.pk)
    assert row.sure_seconds == pytest.approx(30, abs=2)
    assert row.trimmed_seconds == pytest.approx(30 + rates.IDLE_SECONDS, abs=2)
    Assignment.objects.update(state="submitted")
    Activity.objects.all().delete()
    client_of(ann).post(path)
    assert not Activity.objects.exists()


def test_the_sweep_measures_what_changed_and_nothing_else(project, ann) -> None:
    answered(project, ann, taken=0, sent=30)
    make_project()
    assert fair_rate.measure_changed() == 1
    FairRate.objects.update(measured_until=timezone.now() + timedelta(minutes=5))
    assert fair_rate.measure_changed() == 0
