"""Payout batches: nobody is paid twice when several act, or one dies, at the same moment."""

import os

import pytest
from django.db import connection, connections
from django.utils import timezone

from common.turns import turn
from rewards.models import PayoutBatch
from rewards.services import batches, payouts
from tests.rewards.batches.conftest import ask, build, paid_once, pots, send, states
from tests.rewards.test_ledger import assert_books_balance, balance_of, in_threads


@pytest.mark.django_db(transaction=True)
def test_nobody_sends_while_another_speaks_with_the_bank(people, bank, admin) -> None:
    """A refused try beside one that is taken would let the batch be discarded, and paid again."""
    ask(people[0])
    batch = build(admin)
    with batches._only_sender(batch.pk):
        assert in_threads(2, lambda n: send(batch, admin)) == ["being_sent"] * 2
    assert bank.submissions == 0 and send(batch, admin).state == "sent"


@pytest.mark.django_db(transaction=True)
def test_nobody_marks_a_line_while_the_batch_is_on_its_way(people, bank, admin) -> None:
    bank.mood = "lose_request"
    line = ask(people[0])
    batch = send(build(admin), admin)
    line.refresh_from_db()

    def mark(_n):
        batches.mark_line(payout=line, outcome="failed", reason="not there", actor=admin.pk)

    with batches._only_sender(batch.pk):
        assert in_threads(1, mark) == ["being_sent"]


@pytest.mark.parametrize("key", ["same", None])
@pytest.mark.django_db(transaction=True)
def test_batches_built_at_the_same_moment_share_no_payout(key, people, bank, admin) -> None:
    for person in people:
        ask(person)
    results = in_threads(6, lambda n: build(admin, key or f"b{n}"))
    assert sorted(results) == (["ok"] * 6 if key else ["nothing_waits"] * 5 + ["ok"])
    [batch] = PayoutBatch.objects.all()
    assert (batch.payouts_count, batch.payouts.count()) == (3, 3)


@pytest.mark.django_db(transaction=True)
def test_a_batch_sent_by_many_at_once_reaches_the_bank_once(people, bank, admin) -> None:
    bank.mood = "forget_keys"  # even from a provider that does not keep its promise
    for person in people:
        ask(person)
    batch = build(admin)
    assert set(in_threads(6, lambda n: send(batch, admin))) <= {"ok", "being_sent"}
    paid_once(bank, people)


@pytest.mark.django_db(transaction=True)
def test_payouts_marked_by_many_at_once_move_once(people, bank, admin) -> None:
    payout = ask(people[0])
    batch = build(admin)
    send(batch, admin)

    def work(n: int) -> None:
        if n % 2:
            payouts.mark_paid(payout_id=payout.pk, actor=admin.pk)
        else:
            payouts.mark_failed(payout_id=payout.pk, reason="no such account", actor=admin.pk)

    assert set(in_threads(8, work)) == {"ok", "not_sent"}
    payout.refresh_from_db()
    assert balance_of(people[0].pk) == (600 if payout.state == "paid" else 1000)
    assert_books_balance()


def end_session_of_the_dead(batch):
    """What PostgreSQL does when it notices that a client is gone, which may take it a moment."""
    held = """
        SELECT pg_terminate_backend(pid, 5000) FROM pg_locks
        WHERE locktype = 'advisory' AND pid <> pg_backend_pid()
          AND (classid::bigint << 32) | objid::bigint = hashtextextended(%s, 0)
    """
    with connection.cursor() as cursor:
        cursor.execute(held, [f"payout batch {batch.pk}"])
    with turn(f"payout batch {batch.pk}", wait=True):
        pass


@pytest.mark.django_db(transaction=True)
def test_killed_between_the_bank_and_the_commit(people, bank, admin, tmp_path) -> None:
    """A real process, killed when the bank has the money: the sweep finds out, and pays nobody again."""
    for person in people:
        ask(person)
    batch = build(admin)
    connections.close_all()
    child = os.fork()
    if not child:
        bank.mood = "die"
        batches.send_batch(batch_id=batch.pk, actor=admin.pk)
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 137
    end_session_of_the_dead(batch)
    batch.refresh_from_db()
    assert batch.state == "sending" and len(bank.paid()) == 3 and pots()["payable"] == 1200
    batches.reconcile_all()  # its sender may still be at it
    assert states(batch) == {"sent": 3}
    PayoutBatch.objects.update(tried_at=timezone.now() - 2 * batches.STALE)
    batches.reconcile_all()
    assert states(batch) == {"paid": 3} and bank.submissions == 0
    paid_once(bank, people)
    assert_books_balance()


@pytest.mark.django_db(transaction=True)
def test_killed_before_the_bank_heard_of_it(people, bank, admin) -> None:
    for person in people:
        ask(person)
    batch = build(admin)
    batches._begin(batch)
    PayoutBatch.objects.update(tried_at=timezone.now() - 2 * batches.STALE)
    batches.reconcile_all()
    paid_once(bank, people)
