"""A requester's money: refunds, bonuses by pseudonym, the ledger, and who may see it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from annotations.models import Answer
from annotations.services.appeals import appeal_answer
from rewards.models import Bonus, LedgerAccount
from rewards.services import ledger
from tasks_app.models import Item, Project, WorkerProgress
from tasks_app.pseudonyms import pseudonym
from tasks_app.services import projects, refunds
from tests.annotations.crowd import answer, balance, wallet
from tests.factories import client_of, make_items, make_project, make_user
from tests.rewards.test_ledger import assert_books_balance, in_threads


@pytest.fixture
def project(db):
    return make_project(funds=1000)


@pytest.fixture
def ann(project):
    user = make_user("ann")
    WorkerProgress.objects.create(project=project, worker=user)
    return user


def post(project, path, body, key="k"):
    return client_of(project.owner).post(
        f"/api/v1/projects/{project.pk}/{path}", body, headers={"Idempotency-Key": key}
    )


def outside() -> int:
    return LedgerAccount.objects.get(kind="external").balance


def test_what_is_free_can_be_taken_out_once_for_its_key(project) -> None:
    make_items(project, 10)  # 300 set aside
    for _time in range(2):
        assert post(project, "withdraw", {"amount_minor": 200}).status_code == 200
    assert balance(project) == (500, 300, 0)
    refused = post(project, "withdraw", {"amount_minor": 501}, "other")
    assert refused.status_code == 409 and refused.json()["code"] == "insufficient_funds"
    assert post(project, "withdraw", {"amount_minor": 500}, "third").json()["refundable"]["amount_minor"] == 0


def test_money_moves_with_a_key_only(project) -> None:
    path = f"/api/v1/projects/{project.pk}/withdraw"
    assert client_of(project.owner).post(path, {"amount_minor": 1}).json()["code"] == "no_key"


def rejected(project, *, days_ago=0) -> Answer:
    [item] = make_items(project, 1, slots=1)
    given = answer(item, make_user(), "refund")
    Answer.objects.filter(pk=given.pk).update(
        state="rejected", decided_at=timezone.now() - timedelta(days=days_ago)
    )
    from tasks_app.services.slots import reopen_slots

    reopen_slots(item_id=item.pk, count=1)
    given.refresh_from_db()
    return given


def test_finishing_returns_all_but_what_an_appeal_can_win(project) -> None:
    rejected(project)
    rejected(project, days_ago=8)
    projects.finish_project(project=project, actor=project.owner)
    assert balance(project) == (10, 0, 0)
    assert outside() == -10
    Answer.objects.update(decided_at=timezone.now() - timedelta(days=8))
    assert refunds.refund_finished() == 1
    assert refunds.refund_finished() == 0
    assert outside() == 0
    assert_books_balance()


def test_an_open_appeal_keeps_its_money_however_long_it_takes(project) -> None:
    given = rejected(project)
    appeal_answer(answer=given, text="It was right.", actor=given.worker)
    projects.finish_project(project=project, actor=project.owner)
    Answer.objects.update(decided_at=timezone.now() - timedelta(days=30))
    refunds.refund_finished()
    assert balance(project) == (10, 0, 0)


def test_a_lease_that_ends_after_the_finish_returns_its_money_too(project) -> None:
    from tasks_app.services.assignment import expire_leases
    from tests.factories import lease

    [item] = make_items(project, 1, slots=2)
    lease(item, make_user(), seconds=-5)
    projects.finish_project(project=project, actor=project.owner)
    assert balance(project) == (0, 10, 0)  # the work in hand stays covered
    expire_leases()
    refunds.refund_finished()
    assert balance(project) == (0, 0, 0) and outside() == 0


def test_a_project_whose_books_are_broken_does_not_keep_the_others_waiting(project) -> None:
    broken = [make_project(funds=1000, owner=project.owner) for _n in range(2)]
    for one in broken:
        make_items(one, 1)
        LedgerAccount.objects.filter(owner=one.pk, kind="reserved").update(balance=1)
    Project.objects.update(state="finished")
    assert refunds.refund_finished() == 1
    assert balance(project) == (0, 0, 0)
    assert {balance(one)[1] for one in broken} == {1}  # and nothing of theirs was moved


@pytest.mark.django_db(transaction=True)
def test_a_refund_by_many_at_once_leaves_once(project) -> None:
    Project.objects.update(state="finished")
    in_threads(8, lambda n: refunds.refund_unused(project_id=project.pk))
    assert balance(project) == (0, 0, 0) and outside() == 0
    assert_books_balance()


def test_a_bonus_reaches_the_person_behind_the_pseudonym(project, ann) -> None:
    body = {"annotator": pseudonym(project.pk, ann.pk), "amount_minor": 50, "reason": "Sharp eyes"}
    first, again = post(project, "bonuses", body), post(project, "bonuses", body)
    assert first.status_code == 201 and first.json() == again.json()
    assert wallet(ann) == 50
    [line] = client_of(project.owner).get(f"/api/v1/projects/{project.pk}/bonuses").json()["results"]
    assert line["annotator"] == body["annotator"]
    back = post(project, f"bonuses/{line['id']}/reverse", {"reason": "Wrong person"}, "r")
    assert back.json()["reversed"]["amount_minor"] == 50 and wallet(ann) == 0


def test_a_pseudonym_of_another_project_reaches_nobody(project, ann) -> None:
    other = pseudonym(make_project().pk, ann.pk)
    body = {"annotator": other, "amount_minor": 50, "reason": "Sharp eyes"}
    assert post(project, "bonuses", body).status_code == 404
    assert not Bonus.objects.exists()


def test_the_ledger_shows_a_reservation_once_and_goes_on(project) -> None:
    make_items(project, 2)
    path = f"/api/v1/projects/{project.pk}/ledger"
    lines = client_of(project.owner).get(path).json()["results"]
    assert [(line["kind"], line["amount"]["amount_minor"]) for line in lines] == [
        ("reserve", -60),
        ("fund", 1000),
    ]
    rest = client_of(project.owner).get(f"{path}?before={lines[0]['id']}&limit=1").json()["results"]
    assert [line["kind"] for line in rest] == ["fund"]


PATHS = ["ledger", "statement", "statement.csv", "bonuses", "rate", "top-up"]


@pytest.mark.parametrize("path", [*PATHS, "withdraw", "bonuses/x/reverse"])
def test_a_stranger_finds_nothing(project, ann, path) -> None:
    path = path.replace("/x/", f"/{project.pk}/")
    for user in (make_user("stranger"), ann):
        client = client_of(user)
        call = client.get if path in PATHS else client.post
        headers = {"Idempotency-Key": "k"}
        assert call(f"/api/v1/projects/{project.pk}/{path}", headers=headers).status_code == 404


@pytest.mark.parametrize("path", ["", "fund/", "withdraw/", "bonus/", "floor/", "top-up/"])
def test_a_stranger_finds_no_page(project, path) -> None:
    browser = Client()
    browser.force_login(make_user("stranger"))
    address = f"/projects/{project.pk}/money/{path}"
    assert (browser.post if path else browser.get)(address).status_code == 404


@override_settings(FAIR_RATE_FLOORS={"USD": Decimal(8)})
def test_the_page_funds_refunds_and_gives_once_however_often_one_clicks(project, ann) -> None:
    browser = Client()
    browser.force_login(project.owner)
    base = f"/projects/{project.pk}/money/"
    page = browser.get(base)
    assert page.status_code == 200 and "$10.00" in page.content.decode()
    for _click in range(2):
        browser.post(f"{base}fund/", {"amount": "5", "key": "a"})
        browser.post(f"{base}withdraw/", {"amount": "2.50", "key": "b"})
        sent = {"annotator": pseudonym(project.pk, ann.pk), "amount": "0.40", "reason": "Quick", "key": "c"}
        browser.post(f"{base}bonus/", sent)
    assert balance(project) == (1000 + 500 - 250 - 40, 0, 40)
    assert wallet(ann) == 40
    shown = browser.post(f"{base}withdraw/", {"amount": "2.505", "key": "d"}, follow=True).content.decode()
    assert "Give an amount" in shown
    bonus = Bonus.objects.get()
    browser.post(f"{base}bonuses/{bonus.pk}/reverse/", {"reason": "Wrong person"})
    assert wallet(ann) == 0
    month = timezone.now().strftime("%Y-%m")
    statement = browser.get(f"/projects/{project.pk}/statements/{month}/")
    assert statement.status_code == 200 and "$12.50" in statement.content.decode()
    assert browser.get(f"/projects/{project.pk}/statements/{month}/csv/").status_code == 200


def test_a_yen_project_is_funded_in_whole_yen(db) -> None:
    project = make_project(funds=0, currency="JPY")
    browser = Client()
    browser.force_login(project.owner)
    browser.post(f"/projects/{project.pk}/money/fund/", {"amount": "5000", "key": "a"})
    browser.post(f"/projects/{project.pk}/fund/", {"amount": "300", "key": "b"})
    assert ledger.balances(project_id=project.pk, currency="JPY").escrow == 5300
    assert not Item.objects.exists()
