import pytest

from rewards.services import ledger
from rewards.services.ledger import Payment
from tests.factories import client_of, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def earner():
    user, project = make_user("annotator"), make_project(funds=1000)
    ledger.reserve(project_id=project.pk, currency="USD", amount_minor=500, key="r")
    payments = [
        Payment(worker_id=user.pk, amount_minor=100, key=f"a{n}", memo="Support chats") for n in range(3)
    ]
    ledger.pay(project_id=project.pk, currency="USD", payments=payments)
    return user


def test_earnings_show_what_is_available_and_every_line(earner) -> None:
    body = client_of(earner).get("/api/v1/me/earnings?page_size=2").json()
    assert body["available"] == [{"amount_minor": 300, "currency": "USD"}]
    assert body["pending"] == body["paid"] == []
    assert [line["amount"]["amount_minor"] for line in body["results"]] == [100, 100]
    assert body["results"][0]["memo"] == "Support chats"
    rest = client_of(earner).get(body["next"]).json()
    assert len(rest["results"]) == 1 and rest["next"] is None


def test_a_stranger_sees_nothing_of_it(earner) -> None:
    body = client_of(make_user("stranger")).get("/api/v1/me/earnings").json()
    assert body["results"] == body["available"] == []
    assert client_of(None).get("/api/v1/me/earnings").status_code == 401


def ask(user, amount: int, key: str = "k1", currency: str = "USD"):
    body = {"amount_minor": amount, "currency": currency}
    return client_of(user).post("/api/v1/me/payouts", body, headers={"Idempotency-Key": key})


def test_a_payout_leaves_the_wallet_once_for_its_key(earner) -> None:
    first, again = ask(earner, 120), ask(earner, 120)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    body = client_of(earner).get("/api/v1/me/earnings").json()
    assert body["available"] == [{"amount_minor": 180, "currency": "USD"}]
    assert body["underway"] == [{"amount_minor": 120, "currency": "USD"}]
    assert body["paid"] == []  # not before the bank says so


@pytest.mark.parametrize(
    ("amount", "currency", "status"), [(301, "USD", 409), (0, "USD", 422), (1, "EUR", 409), (1, "usd", 422)]
)
def test_a_payout_that_cannot_be_is_refused_and_moves_nothing(earner, amount, currency, status) -> None:
    assert ask(earner, amount, currency=currency).status_code == status
    body = client_of(earner).get("/api/v1/me/earnings").json()
    assert body["available"] == [{"amount_minor": 300, "currency": "USD"}]


def test_a_payout_needs_an_amount_and_a_key(earner) -> None:
    client = client_of(earner)
    assert client.post("/api/v1/me/payouts", {"currency": "USD"}).status_code == 422
    refused = client.post("/api/v1/me/payouts", {"amount_minor": 1, "currency": "USD"})
    assert refused.status_code == 422 and refused.json()["code"] == "no_key"


def test_the_same_key_with_another_amount_is_refused(earner) -> None:
    assert ask(earner, 10).status_code == 201
    refused = ask(earner, 20)
    assert refused.status_code == 409 and refused.json()["code"] == "idempotency_key_reused"
