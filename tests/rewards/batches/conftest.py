"""People who ask for their money, a bank, and where the money stands."""

from collections import Counter

import pytest

from rewards.models import LedgerAccount, Payout, PayoutBatch
from rewards.providers import registry
from rewards.providers.sandbox import Sandbox
from rewards.services import batches, ledger, payouts
from rewards.services.ledger import Payment
from tests.factories import make_project, make_user


@pytest.fixture
def admin(db):
    return make_user("admin")


@pytest.fixture
def people(db):
    project, people = make_project(funds=10_000), [make_user(f"p{n}") for n in range(3)]
    ledger.reserve(project_id=project.pk, currency="USD", amount_minor=3000, key="r")
    payments = [Payment(worker_id=p.pk, amount_minor=1000, key=f"a{n}") for n, p in enumerate(people)]
    ledger.pay(project_id=project.pk, currency="USD", payments=payments)
    return people


@pytest.fixture
def bank(tmp_path):
    sandbox = Sandbox(tmp_path / "bank.jsonl")
    registry.register_provider("sandbox", lambda: sandbox)
    yield sandbox
    registry._factories.pop("sandbox")


def ask(person, amount=400, key="k") -> Payout:
    return payouts.request_payout(user_id=person.pk, currency="USD", amount_minor=amount, key=key)


def build(admin, key="b", provider="sandbox") -> PayoutBatch:
    return batches.build_batch(currency="USD", key=key, actor=admin.pk, provider=provider)


def send(batch, admin) -> PayoutBatch:
    return batches.send_batch(batch_id=batch.pk, actor=admin.pk)


def states(batch) -> dict[str, int]:
    return dict(Counter(batch.payouts.values_list("state", flat=True)))


def pots() -> dict[str, int]:
    return {
        kind: sum(LedgerAccount.objects.filter(kind=kind).values_list("balance", flat=True))
        for kind in ("wallet", "payable")
    }


def paid_once(bank, people, amount="4.00") -> None:
    sums = Counter(key for key, _amount in bank.paid())
    assert set(sums.values()) == {1}, "a line was paid twice"
    assert len(sums) == len(people)
    assert {one for _key, one in bank.paid()} == {amount}


@pytest.fixture
def batch(people, bank, admin):
    for person in people:
        ask(person)
    return build(admin)
