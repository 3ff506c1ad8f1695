import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, InternalError, connection, transaction
from django.db.models import Sum

from common.errors import Conflict, Invalid
from rewards.booking import Draft, book, escrow, wallet
from rewards.models import Entry, LedgerAccount, Transfer
from rewards.services import ledger
from rewards.services.ledger import Payment
from rewards.services.payouts import request_payout

USD = "USD"


def fund(project: UUID, amount: int, key: str = "k") -> None:
    ledger.fund_project(project_id=project, currency=USD, amount_minor=amount, key=key, actor=None)


def reserve(project: UUID, amount: int, key: str = "r") -> None:
    ledger.reserve(project_id=project, currency=USD, amount_minor=amount, key=key)


def pay(project: UUID, *payments: tuple[UUID, int, str]) -> int:
    rows = [Payment(worker_id=worker, amount_minor=amount, key=key) for worker, amount, key in payments]
    return ledger.pay(project_id=project, currency=USD, payments=rows)


def figures(project: UUID) -> tuple[int, int, int]:
    balance = ledger.balances(project_id=project, currency=USD)
    return balance.escrow, balance.reserved, balance.paid


def balance_of(user: UUID) -> int:
    return LedgerAccount.objects.get(kind="wallet", owner=user).balance


def assert_books_balance() -> None:
    assert (LedgerAccount.objects.aggregate(n=Sum("balance"))["n"] or 0) == 0
    for account in LedgerAccount.objects.annotate(booked=Sum("entries__amount")):
        assert account.balance == (account.booked or 0)
    assert not Transfer.objects.annotate(n=Sum("entries__amount")).exclude(n=0).exists()


@pytest.mark.django_db
def test_money_goes_from_escrow_over_the_reserve_to_wallets() -> None:
    project, ann, bob = uuid4(), uuid4(), uuid4()
    fund(project, 100)
    reserve(project, 60)
    assert pay(project, (ann, 10, "a1"), (bob, 15, "a2")) == 2
    ledger.release(project_id=project, currency=USD, amount_minor=35, key="rest")
    assert figures(project) == (75, 0, 25)
    assert (balance_of(ann), balance_of(bob)) == (10, 15)
    assert_books_balance()


@pytest.mark.django_db
def test_a_payment_key_is_paid_once() -> None:
    project, ann = uuid4(), uuid4()
    fund(project, 100)
    reserve(project, 50)
    assert pay(project, (ann, 10, "a1")) == 1
    assert pay(project, (ann, 10, "a1"), (ann, 10, "a2")) == 1
    assert balance_of(ann) == 20
    assert figures(project) == (50, 30, 20)


@pytest.mark.django_db
def test_a_key_with_another_amount_is_refused() -> None:
    project = uuid4()
    fund(project, 100)
    with pytest.raises(Conflict) as refused:
        fund(project, 200)
    assert refused.value.code == "idempotency_key_reused"
    assert figures(project) == (100, 0, 0)


@pytest.mark.django_db
def test_reserving_beyond_the_escrow_says_how_much_is_missing() -> None:
    project = uuid4()
    fund(project, 100)
    with pytest.raises(Conflict) as refused:
        reserve(project, 130)
    assert refused.value.code == "insufficient_funds"
    assert refused.value.extra == {"missing_minor": 30}
    assert figures(project) == (100, 0, 0)
    assert not Transfer.objects.filter(kind="reserve").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("amount", [0, -5])
def test_nothing_or_less_cannot_be_moved(amount: int) -> None:
    with pytest.raises(Invalid):
        fund(uuid4(), amount)


@pytest.mark.django_db
def test_a_reversed_payment_returns_to_the_reserve_once() -> None:
    project, ann = uuid4(), uuid4()
    fund(project, 100)
    reserve(project, 50)
    pay(project, (ann, 10, "a1"))
    ledger.reverse(key="pay:a1", actor=None, memo="paid by mistake")
    ledger.reverse(key="pay:a1", actor=None, memo="paid by mistake")
    assert figures(project) == (50, 50, 0)
    assert balance_of(ann) == 0
    assert_books_balance()


@pytest.mark.django_db
def test_what_was_paid_out_cannot_be_taken_back() -> None:
    project, ann = uuid4(), uuid4()
    fund(project, 100)
    reserve(project, 50)
    pay(project, (ann, 10, "a1"))
    ledger.hold_payout(user_id=ann, currency=USD, amount_minor=8, key="p")
    with pytest.raises(Conflict) as refused:
        ledger.reverse(key="pay:a1", actor=None)
    assert refused.value.extra == {"missing_minor": 8}


@pytest.mark.django_db(transaction=True)
def test_the_database_refuses_a_transfer_that_does_not_add_up() -> None:
    project = uuid4()
    legs = {escrow(project, USD): 5, wallet(project, USD): -4}
    LedgerAccount.objects.create(kind="wallet", owner=project, currency=USD, balance=10)
    with pytest.raises(IntegrityError, match="add up to 1"), transaction.atomic():
        book([Draft(key="crooked", kind="fund", legs=legs)])
    with pytest.raises(IntegrityError, match="has 0 entries"):
        Transfer.objects.create(key="empty", kind="fund")
    assert not Transfer.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", ["update", "delete"])
@pytest.mark.parametrize("model", [Transfer, Entry])
def test_the_database_refuses_to_change_what_is_booked(model: Any, change: str) -> None:
    fund(uuid4(), 100)
    rows = model.objects.all()
    column = {"memo": "x"} if model is Transfer else {"amount": 1}
    with pytest.raises((IntegrityError, InternalError), match="append-only"):
        rows.update(**column) if change == "update" else rows._raw_delete(rows.db)


def in_threads(number: int, work: Any) -> list[str]:
    """Run `work(n)` in threads that start together; each result is "ok" or the refusal's code."""
    start = threading.Barrier(number)

    def one(n: int) -> str:
        start.wait()
        try:
            work(n)
        except Conflict as refused:
            return refused.code
        finally:
            connection.close()
        return "ok"

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))


@pytest.mark.django_db(transaction=True)
def test_the_same_payment_by_many_at_once_is_paid_once() -> None:
    project, ann = uuid4(), uuid4()
    fund(project, 1000)
    reserve(project, 1000)
    assert in_threads(16, lambda n: pay(project, (ann, 10, "a1"))) == ["ok"] * 16
    assert balance_of(ann) == 10
    assert_books_balance()


@pytest.mark.django_db(transaction=True)
def test_many_reservations_at_once_never_pass_the_escrow() -> None:
    project = uuid4()
    fund(project, 100)
    results = in_threads(16, lambda n: reserve(project, 10, f"r{n}"))
    assert sorted(results) == ["insufficient_funds"] * 6 + ["ok"] * 10
    assert figures(project) == (0, 100, 0)
    assert_books_balance()


@pytest.mark.django_db(transaction=True)
def test_many_payouts_at_once_never_pass_the_wallet() -> None:
    project, ann = uuid4(), uuid4()
    fund(project, 100)
    reserve(project, 100)
    pay(project, (ann, 50, "a1"))
    results = in_threads(
        12,
        lambda n: request_payout(user_id=ann, currency=USD, amount_minor=20, key=f"p{n}"),
    )
    assert results.count("ok") == 2
    assert balance_of(ann) == 10


@pytest.mark.django_db(transaction=True)
def test_opposite_orders_of_people_and_projects_do_not_deadlock() -> None:
    projects = [uuid4(), uuid4()]
    people = [uuid4() for _ in range(6)]
    for project in projects:
        fund(project, 10_000, key=str(project))
        reserve(project, 10_000, key=str(project))

    def work(n: int) -> None:
        ordered = people if n % 2 else people[::-1]
        for turn in range(5):
            project = projects[(n + turn) % 2]
            with transaction.atomic():
                pay(project, *((person, 1, f"{n}-{turn}-{person}") for person in ordered))
                ledger.release(project_id=project, currency=USD, amount_minor=1, key=f"x{n}-{turn}")

    assert in_threads(12, work) == ["ok"] * 12
    assert {balance_of(person) for person in people} == {60}
    assert_books_balance()
