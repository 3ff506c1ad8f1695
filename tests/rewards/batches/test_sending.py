"""Payout batches: nobody is paid twice, whatever a provider answers or leaves unanswered."""

import pytest
from django.utils import timezone

from common.errors import Conflict
from rewards.models import PayoutBatch
from rewards.providers import registry
from rewards.providers.base import LineStatus
from rewards.providers.sandbox import Sandbox
from rewards.services import batches, payouts
from tests.rewards.batches.conftest import ask, build, paid_once, pots, send, states
from tests.rewards.test_ledger import assert_books_balance, balance_of


def test_from_the_request_to_the_bank(batch, bank, people, admin) -> None:
    assert (batch.payouts_count, batch.total_minor, states(batch)) == (3, 1200, {"batched": 3})
    assert pots() == {"wallet": 1800, "payable": 1200}
    assert send(batch, admin).state == "sent"
    assert batches.reconcile_batch(batch_id=batch.pk).state == "done"
    assert states(batch) == {"paid": 3} and pots() == {"wallet": 1800, "payable": 0}
    paid_once(bank, people)
    assert_books_balance()


def test_a_line_that_fails_returns_to_the_wallet_with_the_reason(batch, bank, people, admin) -> None:
    unlucky = batch.payouts.first()
    bank.fails = frozenset({unlucky.pk.hex})
    send(batch, admin)
    batches.reconcile_batch(batch_id=batch.pk)
    unlucky.refresh_from_db()
    assert (unlucky.state, unlucky.reason) == ("failed", "AC04 closed account")
    assert balance_of(unlucky.user) == 1000
    assert_books_balance()


def test_a_refused_batch_can_be_sent_again_or_discarded(batch, bank, people, admin) -> None:
    bank.mood = "refuse"
    refused = send(batch, admin)
    assert (refused.state, refused.problem, states(batch)) == ("open", "closed on Sundays", {"batched": 3})
    batches.discard_batch(batch_id=batch.pk, actor=admin.pk)
    bank.mood = "well"
    again = build(admin, "c")
    send(again, admin)
    assert bank.submissions == 2
    paid_once(bank, people)


@pytest.mark.parametrize("mood", ["lose_request", "lose_answer"])
def test_a_timeout_is_not_a_no(mood, batch, bank, people, admin) -> None:
    """Whether the batch was taken or not, everybody is paid once and nothing returns to a wallet before."""
    bank.mood = mood
    doubtful = send(batch, admin)
    assert doubtful.state == "sending" and states(batch) == {"unknown": 3}
    with pytest.raises(Conflict):
        batches.discard_batch(batch_id=batch.pk, actor=admin.pk)
    assert pots()["payable"] == 1200
    bank.mood = "well"
    batches.reconcile_batch(batch_id=batch.pk)
    batches.reconcile_batch(batch_id=batch.pk)
    assert states(batch) == {"paid": 3}
    paid_once(bank, people)


def test_a_refusal_after_a_timeout_is_not_a_no_either(batch, bank, people, admin) -> None:
    """The first try may still be on its way through the network."""
    bank.mood = "lose_request"
    send(batch, admin)
    bank.mood = "refuse"
    assert batches.reconcile_batch(batch_id=batch.pk).state == "sending"
    assert states(batch) == {"unknown": 3}


def test_a_silent_provider_changes_nothing(batch, bank, admin) -> None:
    send(batch, admin)
    bank.mood = "silent"
    batches.reconcile_batch(batch_id=batch.pk)
    assert states(batch) == {"sent": 3} and pots()["payable"] == 1200


def test_what_comes_back_after_it_was_paid_returns_to_the_wallet(batch, bank, admin) -> None:
    send(batch, admin)
    batches.reconcile_batch(batch_id=batch.pk)
    line = batch.payouts.first()
    bank.fails = frozenset({line.pk.hex})
    batches.reconcile_batch(batch_id=batch.pk)
    line.refresh_from_db()
    assert line.state == "failed" and balance_of(line.user) == 1000
    assert_books_balance()


def test_paid_after_failed_is_left_to_a_person(batch, bank, admin) -> None:
    line = batch.payouts.first()
    bank.fails = frozenset({line.pk.hex})
    send(batch, admin)
    batches.reconcile_batch(batch_id=batch.pk)
    bank.fails = frozenset()
    batches.reconcile_batch(batch_id=batch.pk)
    line.refresh_from_db()
    assert (line.state, line.disputed) == ("failed", True)
    assert not payouts.apply_status(payout_id=line.pk, status=LineStatus("paid"))
    assert_books_balance()


def test_money_put_back_by_a_person_is_not_sent_by_the_sweep(batch, bank, people, admin) -> None:
    bank.mood = "lose_request"
    send(batch, admin)
    back = batch.payouts.first()
    batches.mark_line(payout=back, outcome="failed", reason="not on the statement", actor=admin.pk)
    bank.mood = "well"
    PayoutBatch.objects.update(tried_at=timezone.now() - 2 * batches.STALE)
    batches.reconcile_all()
    assert bank.paid() == [] and balance_of(back.user) == 1000
    assert_books_balance()


def test_one_broken_provider_does_not_keep_the_others_waiting(batch, bank, people, admin) -> None:
    class Broken(Sandbox):
        def status(self, key):
            raise ConnectionError("no route")

    registry.register_provider("broken", lambda: Broken(bank.book.with_suffix(".broken")))
    ask(people[0], 100, key="more")
    broken = send(build(admin, key="c", provider="broken"), admin)
    ask(people[0], 100, key="gone")
    gone = send(build(admin, key="d", provider="broken"), admin)
    PayoutBatch.objects.filter(pk=gone.pk).update(provider="removed")
    send(batch, admin)
    batches.reconcile_all()
    registry._factories.pop("broken")
    batch.refresh_from_db()
    broken.refresh_from_db()
    assert (batch.state, broken.state) == ("done", "sent")


def test_a_request_can_be_taken_back_until_it_is_prepared(people, bank, admin) -> None:
    first, second = ask(people[0]), ask(people[1])
    payouts.cancel_payout(payout_id=first.pk, actor=people[0].pk)
    payouts.cancel_payout(payout_id=first.pk, actor=people[0].pk)
    assert balance_of(people[0].pk) == 1000
    batch = build(admin)
    assert list(batch.payouts.all()) == [second]
    with pytest.raises(Conflict):
        payouts.cancel_payout(payout_id=second.pk, actor=people[1].pk)


def test_an_empty_batch_is_not_built(people, bank, admin) -> None:
    with pytest.raises(Conflict) as refused:
        build(admin)
    assert refused.value.code == "nothing_waits" and not PayoutBatch.objects.exists()
