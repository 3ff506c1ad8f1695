from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import override_settings

from accounts.models import Notification
from common.errors import Conflict, Forbidden, Invalid
from rewards.models import Bonus, LedgerAccount, Transfer
from rewards.services import ledger, payouts, reversals
from rewards.services.bonuses import Source, cap_minor, give_bonus, top_up
from rewards.services.ledger import Payment
from tests.factories import make_project, make_user
from tests.rewards.test_ledger import assert_books_balance, balance_of, in_threads


@pytest.fixture
def project(db):
    return make_project(funds=1000)


@pytest.fixture
def ann(db):
    return make_user("ann")


def source(project) -> Source:
    return Source(project_id=project.pk, title=project.title, currency="USD")


def give(project, ann, amount=100, key="k", reason="Careful work"):
    return give_bonus(
        source=source(project),
        worker_id=ann.pk,
        amount_minor=amount,
        reason=reason,
        key=key,
        actor=project.owner_id,
    )


def balance(project) -> tuple[int, int, int]:
    found = ledger.balances(project_id=project.pk, currency="USD")
    return found.escrow, found.reserved, found.paid


def test_a_bonus_leaves_the_escrow_with_its_reason_and_the_person_hears_it(project, ann) -> None:
    give(project, ann)
    assert balance(project) == (900, 0, 100)
    assert balance_of(ann.pk) == 100
    note = Notification.objects.get(user=ann)
    assert (note.kind, note.data["reason"]) == ("bonus_received", "Careful work")
    assert Transfer.objects.get(kind="bonus").memo == "Careful work"


def test_the_same_key_gives_once_and_tells_once(project, ann) -> None:
    assert give(project, ann).pk == give(project, ann).pk
    assert balance(project) == (900, 0, 100)
    assert Notification.objects.filter(user=ann).count() == 1
    with pytest.raises(Conflict) as refused:
        give(project, ann, amount=200)
    assert refused.value.code == "idempotency_key_reused"


@override_settings(BONUS_CAPS={"*": Decimal(2)})
def test_a_day_has_a_cap_for_one_person(project, ann) -> None:
    give(project, ann, 150, "a")
    with pytest.raises(Conflict) as refused:
        give(project, ann, 51, "b")
    assert refused.value.code == "bonus_cap" and refused.value.extra == {"left_minor": 50}
    give(project, ann, 50, "c")
    give(project, make_user("bob"), 200, "d")


@override_settings(BONUS_CAPS={"*": Decimal(100), "JPY": Decimal(15000), "KWD": Decimal(30)})
def test_the_cap_is_in_whole_units_of_each_currency() -> None:
    assert [cap_minor(code) for code in ("USD", "JPY", "KWD")] == [10_000, 15_000, 30_000]


def test_a_bonus_never_passes_the_escrow(project, ann) -> None:
    with pytest.raises(Conflict) as refused:
        give(project, ann, 1001)
    assert refused.value.code == "insufficient_funds"
    assert not Bonus.objects.exists() and not Notification.objects.filter(user=ann).exists()


def test_a_bonus_needs_a_reason_and_another_person(project, ann) -> None:
    with pytest.raises(Invalid):
        give(project, ann, reason=" ")
    with pytest.raises(Forbidden):
        give(project, project.owner)


@pytest.mark.django_db(transaction=True)
def test_the_same_bonus_by_many_at_once_is_given_once(project, ann) -> None:
    assert in_threads(12, lambda n: give(project, ann)) == ["ok"] * 12
    assert balance_of(ann.pk) == 100
    assert Bonus.objects.count() == Notification.objects.filter(user=ann).count() == 1


@pytest.mark.django_db(transaction=True)
@override_settings(BONUS_CAPS={"*": Decimal(2)})
def test_many_bonuses_at_once_never_pass_the_cap(project, ann) -> None:
    results = in_threads(8, lambda n: give(project, ann, 60, f"k{n}"))
    assert sorted(results) == ["bonus_cap"] * 5 + ["ok"] * 3
    assert balance_of(ann.pk) == 180


def lift(project, wanted, expected=None) -> int:
    return top_up(
        source=source(project),
        wanted=wanted,
        reason="Fair pay",
        actor=project.owner_id,
        expected_minor=expected,
    )


def test_a_top_up_pays_the_difference_and_never_twice(project, ann) -> None:
    bob = make_user("bob")
    assert lift(project, {ann.pk: 100, bob.pk: 40}) == 140
    assert lift(project, {ann.pk: 100, bob.pk: 40}) == 0
    assert lift(project, {ann.pk: 130, bob.pk: 40}) == 30
    assert (balance_of(ann.pk), balance_of(bob.pk)) == (130, 40)


def test_top_ups_to_the_same_sum_in_two_currencies_are_two(project, ann) -> None:
    fund = {"project_id": project.pk, "amount_minor": 1000, "key": "yen", "actor": project.owner_id}
    ledger.fund_project(currency="JPY", **fund)
    assert lift(project, {ann.pk: 70}) == 70
    yen = Source(project_id=project.pk, title=project.title, currency="JPY")
    assert top_up(source=yen, wanted={ann.pk: 70}, reason="Fair pay", actor=project.owner_id) == 70


def test_a_top_up_other_than_the_one_shown_is_refused(project, ann) -> None:
    with pytest.raises(Conflict) as refused:
        lift(project, {ann.pk: 100}, expected=90)
    assert refused.value.code == "changed" and balance_of_none(ann)


def balance_of_none(user) -> bool:
    return not LedgerAccount.objects.filter(kind="wallet", owner=user.pk, balance__gt=0).exists()


@pytest.mark.django_db(transaction=True)
def test_two_clicks_on_the_top_up_at_once_pay_once(project, ann) -> None:
    assert in_threads(8, lambda n: lift(project, {ann.pk: 100})) == ["ok"] * 8
    assert balance_of(ann.pk) == 100


# -- taking back -------------------------------------------------------------------------------------------


def paid(project, ann, amount=100) -> None:
    ledger.reserve(project_id=project.pk, currency="USD", amount_minor=amount, key=f"r{amount}")
    payment = Payment(worker_id=ann.pk, amount_minor=amount, key="answer:1", memo="Chats")
    ledger.pay(project_id=project.pk, currency="USD", payments=[payment])


def take(key="pay:answer:1", **more):
    return reversals.reverse_payment(key=key, reason="Paid by mistake", actor=make_user("admin").pk, **more)


def test_a_reversed_payment_is_the_projects_to_spend_again(project, ann) -> None:
    paid(project, ann)
    assert take() == 100
    assert take() == 100  # repeated: nothing more
    assert balance(project) == (1000, 0, 0)
    assert balance_of(ann.pk) == 0
    assert Notification.objects.filter(user=ann, kind="payment_reversed").count() == 1
    assert_books_balance()


def test_what_has_left_the_wallet_stays_with_the_person(project, ann) -> None:
    paid(project, ann)
    payouts.request_payout(user_id=ann.pk, currency="USD", amount_minor=70, key="p")
    with pytest.raises(Conflict) as refused:
        take()
    assert refused.value.extra == {"missing_minor": 70}
    assert take(up_to=True) == 30
    assert take(up_to=True) == 30
    assert balance_of(ann.pk) == 0
    assert balance(project) == (930, 0, 70)
    assert_books_balance()


def test_an_empty_wallet_gives_nothing_back(project, ann) -> None:
    paid(project, ann)
    payouts.request_payout(user_id=ann.pk, currency="USD", amount_minor=100, key="p")
    with pytest.raises(Conflict):
        take(up_to=True)
    assert not Transfer.objects.filter(kind="reversal").exists()


def test_a_bonus_can_be_taken_back_for_a_week(project, ann) -> None:
    bonus = give(project, ann)
    assert reversals.reverse_bonus(bonus=bonus, reason="Wrong person", actor=project.owner_id) == 100
    bonus.refresh_from_db()
    assert bonus.reversed_minor == 100 and balance(project) == (1000, 0, 0)
    bonus.created_at -= timedelta(days=8)
    with pytest.raises(Conflict) as refused:
        reversals.reverse_bonus(bonus=bonus, reason="Wrong person", actor=project.owner_id)
    assert refused.value.code == "too_late"


@pytest.mark.django_db(transaction=True)
def test_a_reversal_against_payouts_never_takes_what_is_not_there(project, ann) -> None:
    paid(project, ann)
    admin = make_user("admin").pk

    def work(n: int) -> None:
        if n % 2:
            payouts.request_payout(user_id=ann.pk, currency="USD", amount_minor=60, key=f"p{n}")
        else:
            reversals.reverse_payment(key="pay:answer:1", reason="mistake", actor=admin, up_to=True)

    in_threads(8, work)
    assert balance_of(ann.pk) in {0, 40}
    assert_books_balance()
