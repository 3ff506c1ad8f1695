"""The finance desk, over REST and as pages: an administrator's, and to everybody else not there at all."""

from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import Notification, Role
from accounts.roles import grant
from rewards.models import Payout, PayoutBatch
from rewards.services import batches, ledger, payouts
from rewards.services.ledger import Payment
from tests.factories import client_of, make_project, make_user
from tests.rewards.test_ledger import assert_books_balance, balance_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    user = make_user("admin")
    grant(user, Role.ADMIN)
    return user


@pytest.fixture
def ann():
    """10.00 USD earned, 4.00 of them asked for."""
    user, project = make_user("ann"), make_project(funds=5000)
    ledger.reserve(project_id=project.pk, currency="USD", amount_minor=1000, key="r")
    payment = Payment(worker_id=user.pk, amount_minor=1000, key="answer:1")
    ledger.pay(project_id=project.pk, currency="USD", payments=[payment])
    payouts.request_payout(user_id=user.pk, currency="USD", amount_minor=400, key="k")
    return user


@pytest.fixture
def sent(ann, admin) -> Payout:
    batch = batches.build_batch(currency="USD", key="b", actor=admin.pk, provider="manual")
    batches.send_batch(batch_id=batch.pk, actor=admin.pk)
    return batch.payouts.get()


def post(user, path: str, body=None, key: str = "k"):
    return client_of(user).post(f"/api/v1/{path}", body or {}, headers={"Idempotency-Key": key})


def browser_of(user) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


# -- over REST ---------------------------------------------------------------------------------------------


def test_a_batch_is_made_once_for_its_key(ann, admin) -> None:
    first, again = (post(admin, "payout-batches", {"currency": "USD"}) for _n in range(2))
    assert first.status_code == again.status_code == 201 and first.json() == again.json()
    assert (first.json()["payouts"], first.json()["total"]["amount_minor"]) == (1, 400)
    assert PayoutBatch.objects.count() == 1
    listed = client_of(admin).get("/api/v1/payout-batches").json()["results"]
    assert [row["id"] for row in listed] == [first.json()["id"]]


def test_a_batch_needs_a_key_a_currency_and_somebody_who_waits(ann, admin) -> None:
    assert client_of(admin).post("/api/v1/payout-batches", {"currency": "USD"}).json()["code"] == "no_key"
    assert post(admin, "payout-batches", {"currency": "usd"}).status_code == 422
    refused = post(admin, "payout-batches", {"currency": "EUR"}, key="other")
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_waits")
    assert not PayoutBatch.objects.exists()


def test_a_batch_goes_out_and_its_lines_can_be_fetched(ann, admin) -> None:
    batch = post(admin, "payout-batches", {"currency": "USD"}).json()["id"]
    assert post(admin, f"payout-batches/{batch}/send").json()["state"] == "sent"
    assert post(admin, f"payout-batches/{batch}/discard").status_code == 409
    text = client_of(admin).get(f"/api/v1/payout-batches/{batch}/csv").content.decode()
    assert text.startswith("payout,holder,account") and ",4.00,USD," in text
    [line] = client_of(admin).get(f"/api/v1/payouts?state=sent&batch={batch}").json()["results"]
    assert (line["user"], line["batch"]) == (str(ann.pk), batch)


def test_a_discarded_batch_lets_its_lines_wait_again(ann, admin) -> None:
    batch = post(admin, "payout-batches", {"currency": "USD"}).json()["id"]
    assert post(admin, f"payout-batches/{batch}/discard").json()["state"] == "discarded"
    assert Payout.objects.get().state == "requested"


def mark(user, payout, outcome, key, reason=""):
    return post(user, f"payouts/{payout.pk}/mark", {"outcome": outcome, "reason": reason}, key)


def test_marked_twice_as_paid_is_paid_once(sent, ann, admin) -> None:
    assert [mark(admin, sent, "paid", key).status_code for key in ("a", "a", "b")] == [200] * 3
    sent.refresh_from_db()
    assert sent.state == "paid" and balance_of(ann.pk) == 600
    assert_books_balance()


def test_what_failed_is_in_the_wallet_again_once(sent, ann, admin) -> None:
    assert mark(admin, sent, "failed", "a", "closed account").json()["reason"] == "closed account"
    mark(admin, sent, "failed", "b", "closed account")
    assert balance_of(ann.pk) == 1000
    assert mark(admin, sent, "paid", "c").status_code == 409
    assert_books_balance()


def test_what_came_back_later_is_in_the_wallet_again(sent, ann, admin) -> None:
    mark(admin, sent, "paid", "a")
    assert mark(admin, sent, "returned", "b", "unknown payee").json()["state"] == "failed"
    assert balance_of(ann.pk) == 1000
    assert_books_balance()


def test_another_outcome_is_refused(sent, ann, admin) -> None:
    assert mark(admin, sent, "stolen", "a").status_code == 422
    assert balance_of(ann.pk) == 600


def test_a_payment_is_taken_back_once_and_never_below_nothing(ann, admin) -> None:
    body = {"payment": "answer:1", "reason": "Paid by mistake"}
    short = post(admin, "reversals", body)  # 4.00 of it are on their way
    assert (short.status_code, short.json()["code"]) == (409, "insufficient_funds")
    body["up_to"] = True
    for key in ("a", "a", "b"):
        assert post(admin, "reversals", body, key).json() == {"payment": "answer:1", "returned_minor": 600}
    assert balance_of(ann.pk) == 0
    assert Notification.objects.filter(user=ann, kind="payment_reversed").count() == 1
    assert_books_balance()


def test_a_reversal_needs_a_payment_and_a_reason(ann, admin) -> None:
    assert post(admin, "reversals", {"payment": "answer:9", "reason": "No such"}).status_code == 404
    assert post(admin, "reversals", {"payment": "answer:1", "reason": "x"}, "b").status_code == 422
    assert balance_of(ann.pk) == 600


DESK = ["payout-batches", "payout-batches/{b}/send", "payout-batches/{b}/reconcile"]
DESK += ["payout-batches/{b}/discard", "payouts/{p}/mark", "reversals"]


@pytest.mark.parametrize("path", DESK)
def test_the_desk_does_not_exist_for_others(path, sent, ann) -> None:
    """Neither for who earned the money nor for who owns the project, and nothing moves."""
    requester = make_user("requester")
    grant(requester, Role.REQUESTER)
    body = {"currency": "USD", "outcome": "paid", "payment": "answer:1", "reason": "because"}
    path = path.format(b=sent.batch_id, p=sent.pk)
    for user, status in ((ann, 404), (requester, 404), (None, 401)):
        assert post(user, path, body).status_code == status
    sent.refresh_from_db()
    assert sent.state == "sent" and balance_of(ann.pk) == 600


@pytest.mark.parametrize(
    "path", ["payouts", "payout-batches", "payout-batches/{b}", "payout-batches/{b}/csv"]
)
def test_others_read_nothing_at_the_desk(path, sent, ann) -> None:
    path = "/api/v1/" + path.format(b=sent.batch_id)
    assert client_of(ann).get(path).status_code == 404
    assert client_of(None).get(path).status_code == 401


@pytest.mark.parametrize("path", ["payouts/{}/mark", "payout-batches/{}/send", "payout-batches/{}/discard"])
def test_what_is_not_there_is_not_found(path, admin) -> None:
    assert post(admin, path.format(uuid4()), {"outcome": "paid"}).status_code == 404


# -- as pages ----------------------------------------------------------------------------------------------


def test_the_page_makes_a_batch_once_and_sends_it(ann, admin) -> None:
    browser = browser_of(admin)
    assert "4.00" in browser.get("/finance/").content.decode()
    made = [browser.post("/finance/batches/", {"currency": "USD", "key": "form"}) for _click in range(2)]
    assert {one.status_code for one in made} == {302} and made[0].url == made[1].url
    [batch] = PayoutBatch.objects.all()
    assert "I gave it to the bank" in browser.get(made[0].url).content.decode()
    browser.post(f"{made[0].url}send/")
    batch.refresh_from_db()
    assert batch.state == "sent" and "All arrived" in browser.get(made[0].url).content.decode()
    assert browser.get(f"{made[0].url}csv/")["Content-Disposition"].startswith("attachment")


def test_the_page_marks_all_or_one(sent, ann, admin) -> None:
    browser = browser_of(admin)
    browser.post(f"/finance/batches/{sent.batch_id}/paid/")
    sent.refresh_from_db()
    assert sent.state == "paid"
    browser.post(f"/finance/payouts/{sent.pk}/mark/", {"outcome": "returned", "reason": "unknown payee"})
    assert "unknown payee" in browser.get(f"/finance/batches/{sent.batch_id}/").content.decode()
    assert balance_of(ann.pk) == 1000


def test_the_page_takes_a_payment_back_or_says_why_not(ann, admin) -> None:
    browser, sent = browser_of(admin), {"payment": "answer:1", "reason": "Paid by mistake"}
    refused = browser.post("/finance/", sent)
    assert refused.status_code == 422 and balance_of(ann.pk) == 600
    assert browser.post("/finance/", {**sent, "up_to": "on"}).status_code == 302
    assert balance_of(ann.pk) == 0


def test_the_pages_do_not_exist_for_others(sent, ann) -> None:
    browser, batch = browser_of(ann), f"/finance/batches/{sent.batch_id}/"
    assert {browser.get(path).status_code for path in ("/finance/", batch, f"{batch}csv/")} == {404}
    paths = ["/finance/", "/finance/batches/", f"/finance/payouts/{sent.pk}/mark/"]
    paths += [f"{batch}{action}/" for action in ("send", "reconcile", "discard", "paid")]
    body = {"outcome": "paid", "currency": "USD", "key": "k", "payment": "answer:1", "reason": "because"}
    assert {browser.post(path, body).status_code for path in paths} == {404}
    assert Client().get("/finance/").status_code == 302
    sent.refresh_from_db()
    assert sent.state == "sent" and balance_of(ann.pk) == 600
