"""Money that a person is still to get stands in the way of erasing the account, and can be given up."""

import pytest

from accounts.models import User
from privacy.carrying_out import carry_out_waiting
from privacy.holders import Subject
from privacy.models import Certificate
from privacy.services import requests
from rewards.obstacles import of_earnings
from rewards.services import batches, ledger, payouts
from rewards.services.ledger import Payment
from tests.factories import client_of, make_project, make_user
from tests.rewards.test_ledger import assert_books_balance, balance_of

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture
def ann() -> User:
    """10.00 USD earned."""
    user, project = make_user("ann"), make_project(funds=5000)
    user.set_password(PASSWORD)
    user.save()
    ledger.reserve(project_id=project.pk, currency="USD", amount_minor=1000, key="r")
    payment = Payment(worker_id=user.pk, amount_minor=1000, key="answer:1")
    ledger.pay(project_id=project.pk, currency="USD", payments=[payment])
    return user


def codes(user: User) -> list[tuple[str, bool]]:
    return [(one.code, one.waivable) for one in of_earnings(Subject(account=user.pk))]


def test_what_is_earned_is_said_with_its_amount(ann) -> None:
    [obstacle] = of_earnings(Subject(account=ann.pk))
    assert "$10.00" in obstacle.text and obstacle.waivable
    assert of_earnings(Subject(account=make_user().pk)) == of_earnings(Subject()) == []


def test_what_is_on_its_way_must_arrive(ann, admin_user) -> None:
    payouts.request_payout(user_id=ann.pk, currency="USD", amount_minor=1000, key="k")
    assert codes(ann) == [("earnings", True)]
    batch = batches.build_batch(currency="USD", key="b", actor=admin_user.pk, provider="manual")
    assert codes(ann) == [("payout_underway", False)]
    batches.send_batch(batch_id=batch.pk, actor=admin_user.pk)
    payouts.mark_paid(payout_id=batch.payouts.get().pk, actor=admin_user.pk)
    assert codes(ann) == []


def test_an_account_with_money_is_not_erased_until_it_is_given_up(ann) -> None:
    body = {"kind": "erasure", "password": PASSWORD}
    refused = client_of(ann).post("/api/v1/privacy/requests", body)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "earnings")
    requests.open_for_account(user=ann, kind="erasure", password=PASSWORD, waive_earnings=True)
    assert carry_out_waiting() == 1
    assert Certificate.objects.get().document["erased"]["rewards"]["money_given_up"] == 1
    assert_books_balance()
    assert balance_of(ann.pk) == 0
