"""The whole ledger against a model: 10,000 random steps on the real database, real commits, two at a time.

After each step: every pot equals the model's and the sum of its own entries, every currency adds up to
nothing, no pot is below zero, no project has given out more than came in, and the bank has moved no payout
twice.
"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from itertools import count, product
from random import Random
from string import ascii_uppercase
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection
from django.test import override_settings
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from accounts.models import User
from common.errors import Conflict, NotFound
from common.keys import short
from rewards.models import Payout, PayoutBatch
from rewards.providers import registry
from rewards.providers.base import BatchStatus, LineStatus, ProviderRefused, ProviderUncertain
from rewards.services import batches, bonuses, ledger, payouts, reversals
from rewards.services.ledger import Payment
from tests.rewards.money_model import OK, SHORT, Model

STEPS = 10_000
_codes = product(ascii_uppercase, repeat=3)
_names = count(1)
_threads = ThreadPoolExecutor(2)
taken = Counter()


class Bank:
    """Takes each batch once, moves each line once; what it answers is up to the machine."""

    name, needs_address, reports = "machine", False, True

    def __init__(self) -> None:
        self.mood = "well"
        self.lines: dict[str, dict[str, str]] = {}
        self.moved: Counter[str] = Counter()

    def submit(self, batch) -> str:
        if self.mood == "refuse":
            raise ProviderRefused("no")
        if self.mood == "lose_request":
            raise ProviderUncertain("?")
        if batch.key not in self.lines:
            self.lines[batch.key] = {order.key: "pending" for order in batch.orders}
        if self.mood == "lose_answer":
            raise ProviderUncertain("?")
        return "ref"

    def status(self, key: str) -> BatchStatus:
        lines = self.lines.get(key)
        if lines is None:
            return BatchStatus(known=False)
        return BatchStatus(known=True, lines={name: LineStatus(state) for name, state in lines.items()})

    def decide(self, key: str, state: str) -> None:
        """The first line that waits, or (returned) was paid."""
        wanted = "paid" if state == "returned" else "pending"
        for name, now in self.lines[key].items():
            if now == wanted:
                self.lines[key][name] = "failed" if state == "returned" else state
                self.moved[name] += {"paid": 1, "returned": -1}.get(state, 0)
                return


KINDS = ["fund", "fund", "reserve", "reserve", "pay", "pay", "pay", "bonus", "payout", "payout"]
KINDS += ["withdraw", "release", "top_up", "reverse", "cancel"]
BOOKS = """
SELECT kind, owner, currency, balance,
       (SELECT coalesce(sum(amount), 0) FROM rewards_entry e WHERE e.account_id = a.id)
FROM rewards_ledgeraccount a WHERE currency = ANY(%s)
"""
SEED = st.integers(0, 2**64 - 1)


class MoneyMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.money = ["".join(next(_codes)) for _ in range(2)]
        self.projects = [uuid4() for _ in range(2)]
        people = [User(email=f"m{next(_names)}@example.org") for _ in range(3)]
        self.workers = [user.pk for user in User.objects.bulk_create(people)]
        self.actor = uuid4()
        self.bank = Bank()
        self.rolls = 0
        registry.register_provider("machine", lambda: self.bank)
        for project, money in product(self.projects, self.money):
            for op in (("fund", project, money, 900, money), ("reserve", project, money, 600, money)):
                assert self.run_op(op) == self.model.apply(op) == OK

    # -- one operation, on the database -----------------------------------------------------------------

    def run_op(self, op) -> str:
        try:
            getattr(self, f"_{op[0]}")(*op[1:])
        except (Conflict, NotFound) as refused:
            return (
                refused.code if refused.code in {SHORT, "idempotency_key_reused", "not_found"} else "refused"
            )
        return OK

    def _fund(self, project, money, amount, key):
        ledger.fund_project(
            project_id=project, currency=money, amount_minor=amount, key=key, actor=self.actor
        )

    def _withdraw(self, project, money, amount, key):
        ledger.withdraw(project_id=project, currency=money, amount_minor=amount, key=key, actor=self.actor)

    def _reserve(self, project, money, amount, key):
        name = f"reserve:{project}:{key}"
        ledger.reserve(project_id=project, currency=money, amount_minor=amount, key=name)

    def _release(self, project, money, amount, key):
        name = f"release:{project}:{key}"
        ledger.release(project_id=project, currency=money, amount_minor=amount, key=name)

    def _pay(self, project, money, worker, amount, key):
        payment = Payment(worker_id=worker, amount_minor=amount, key=key)
        ledger.pay(project_id=project, currency=money, payments=[payment])

    def _bonus(self, project, money, worker, amount, key):
        bonuses.give_bonus(
            source=bonuses.Source(project_id=project, title="P", currency=money),
            worker_id=worker,
            amount_minor=amount,
            reason="good work",
            key=key,
            actor=self.actor,
        )

    def _top_up(self, project, money, worker, wanted):
        bonuses.top_up(
            source=bonuses.Source(project_id=project, title="P", currency=money),
            wanted={worker: wanted},
            reason="fair pay",
            actor=self.actor,
        )

    def _reverse(self, key, up_to):
        name, _, rest = key.partition(":")
        if name == "bonus":
            project, _, own = rest.partition(":")
            key = f"bonus:{project}:{short(own)}"
        reversals.reverse_payment(key=key, reason="mistake", actor=self.actor, up_to=up_to)

    def _payout(self, worker, money, amount, key):
        payouts.request_payout(user_id=worker, currency=money, amount_minor=amount, key=key)

    def _cancel(self, name):
        payouts.cancel_payout(payout_id=self.row(name).pk, actor=self.actor)

    def row(self, name) -> Payout:
        _kind, worker, key = name.split(":")
        return Payout.objects.get(key=f"payout:{worker}:{short(key)}")

    # -- steps ------------------------------------------------------------------------------------------

    def dice(self, seed: int) -> Random:
        """Even chances: hypothesis likes small numbers and repeats itself, and would hardly pay anybody."""
        self.rolls += 1
        return Random(f"{seed} {self.rolls}")  # noqa: S311

    def choose(self, dice: Random):
        """An operation with its arguments."""
        money, project = dice.choice(self.money), dice.choice(self.projects)
        worker, amount = dice.choice(self.workers), dice.randint(1, 60)
        key, kind = dice.randint(0, 7), dice.choice(KINDS)
        name = f"{money}{key}"
        if kind in {"fund", "withdraw", "reserve", "release"}:
            return kind, project, money, amount * (5 if kind == "fund" else 1), f"{name}{amount % 5}"
        if kind in {"pay", "bonus"}:
            return kind, project, money, worker, amount, f"{self.actor}{name}{amount % 3}"
        if kind == "top_up":
            return kind, project, money, worker, amount
        if kind == "payout":
            return kind, worker, money, amount, f"{name}{amount % 3}"
        if kind == "cancel" and self.model.payouts:
            return kind, dice.choice(list(self.model.payouts))
        given = [one for one in self.model.booked if one.partition(":")[0] in {"pay", "bonus", "top-up"}]
        return "reverse", dice.choice(given) if given else "pay:nothing", dice.random() < 0.5

    @rule(seed=SEED)
    def step(self, seed) -> None:
        """One rule for all: hypothesis leaves rules out of whole runs, and would never mix some of them."""
        taken["steps"] += 1
        dice = self.dice(seed)
        [do] = dice.choices([self.one, self.two_at_once, self.build, self.provider], [11, 6, 1, 5])
        do(dice)

    def one(self, dice) -> None:
        op = self.choose(dice)
        expected = self.model.apply(op)
        assert self.run_op(op) == expected, op
        taken[f"{op[0]} {expected}"] += 1

    def two_at_once(self, dice) -> None:
        """Both outcomes and the books must be those of one order or the other."""
        taken["pairs"] += 1
        first = self.choose(dice)
        pair = [first, first if dice.random() < 0.5 else self.choose(dice)]  # a double click, or two people
        seen = list(_threads.map(self.run_op, pair))
        possible = []
        for order in ((0, 1), (1, 0)):
            model = self.model.copy()
            outcomes = {place: model.apply(pair[place]) for place in order}
            if [outcomes[0], outcomes[1]] == seen:
                possible.append(model)
        assert possible, (pair, seen)
        books = self.books()
        self.model = next((model for model in possible if self.pots_of(model) == books), possible[0])

    def waiting(self, code) -> list:
        lines = self.model.payouts.values()
        return [line for line in lines if line["state"] == "requested" and line["money"] == code]

    def build(self, dice) -> None:
        self.build_two(dice.choice(self.money), dice.random() < 0.5)

    def build_two(self, code, twice) -> None:
        """Two batches at the same moment: one click twice, or two people."""
        waiting = self.waiting(code)
        keys_ = [str(uuid4())] * 2 if twice else [str(uuid4()), str(uuid4())]

        def build(key) -> str:
            try:
                batches.build_batch(currency=code, key=key, actor=self.actor, provider="machine")
            except Conflict as refused:
                return refused.code
            return OK

        outcomes = sorted(_threads.map(build, keys_))
        assert outcomes == (
            ["nothing_waits"] * 2 if not waiting else [OK] * 2 if twice else ["nothing_waits", OK]
        )
        taken["build some" if waiting else "build nothing"] += 1
        for line in waiting:
            line["state"] = "batched"

    def batches(self) -> list[PayoutBatch]:
        return list(PayoutBatch.objects.filter(currency__in=self.money).order_by("id"))

    def provider(self, dice) -> None:
        """A batch goes out, or the bank is asked about one; it may refuse, or time out before or after."""
        known = [batch for batch in self.batches() if batch.state not in {"done", "discarded"}]
        waiting = [code for code in self.money if self.waiting(code)]
        if not known and waiting:
            self.build_two(dice.choice(waiting), twice=False)
        batch = dice.choice(known or self.batches() or [None])
        if batch is None:
            return self.one(dice)
        self.bank.mood = dice.choice(["well", "well", "well", "refuse", "lose_request", "lose_answer"])
        then = dice.choice(["send", "send", "both", "reconcile", "reconcile", "reconcile", "discard"])
        if batch.key in self.bank.lines:
            self.bank.decide(batch.key, dice.choice(["paid", "paid", "failed", "returned"]))
        acts = ["send", "send"] if then == "both" else [then]
        for answer in _threads.map(lambda act: self.act(act, batch), acts):
            taken[f"{then} {answer}"] += 1
        self.follow(batch)

    def act(self, act: str, batch: PayoutBatch) -> str:
        try:
            if act == "send":
                return batches.send_batch(batch_id=batch.pk, actor=self.actor).state
            if act == "discard":
                return batches.discard_batch(batch_id=batch.pk, actor=self.actor).state
            return batches.reconcile_batch(batch_id=batch.pk).state
        except Conflict as refused:
            return refused.code

    def follow(self, batch: PayoutBatch) -> None:
        """What the bank did decides; the database may only lag behind it, and never runs ahead."""
        lines = self.bank.lines.get(batch.key, {})
        for name, line in self.model.payouts.items():
            row = self.row(name)
            if row.batch_id != batch.pk and not (row.state == "requested" and line["state"] == "batched"):
                continue
            before, after = line["state"], row.state
            truth = lines.get(row.pk.hex, "nothing")
            if after == "paid" and before != "paid":
                assert truth == "paid", (before, after, truth)
                self.model.end(name, "paid")
            elif after == "failed" and before != "failed":
                assert truth == "failed", (before, after, truth)
                self.model.end(name, "returned" if before == "paid" else "failed")
            else:
                assert {before, after} <= {"requested", "batched", "sent", "unknown"} or before == after
                line["state"] = after

    # -- what must hold after every step ----------------------------------------------------------------

    def books(self):
        with connection.cursor() as cursor:
            cursor.execute(BOOKS, [self.money])
            rows = cursor.fetchall()
        for row in rows:
            assert row[3] == row[4], f"{row[:3]}: balance {row[3]}, entries {row[4]}"
        return {row[:3]: row[3] for row in rows if row[3]}

    @staticmethod
    def pots_of(model):
        return {pot: amount for pot, amount in model.pots.items() if amount}

    @invariant()
    def the_books_are_those_of_the_model(self) -> None:
        books = self.books()
        assert books == self.pots_of(self.model)
        for money in self.money:
            assert sum(amount for pot, amount in books.items() if pot[2] == money) == 0
        assert all(amount > 0 for pot, amount in books.items() if pot[0] != "external")

    @invariant()
    def nothing_is_paid_twice(self) -> None:
        assert all(times in {0, 1} for times in self.bank.moved.values())
        underway = Counter()
        for line in self.model.payouts.values():
            if line["state"] not in {"paid", "failed", "cancelled"}:
                underway["payable", line["worker"], line["money"]] += line["amount"]
        held = {pot: n for pot, n in self.pots_of(self.model).items() if pot[0] == "payable"}
        assert held == {pot: n for pot, n in underway.items() if n}

    @invariant()
    def no_project_gives_more_than_it_got(self) -> None:
        for project in self.projects:
            for money in self.money:
                came, went = 0, 0
                for key, (amount, source, target) in self.model.booked.items():
                    amount -= self.model.reversed.get(key, 0)
                    came += amount if target == ("escrow", project, money) and source[0] == "external" else 0
                    away = source[0] in {"escrow", "reserved"} and target[0] in {"wallet", "external"}
                    went += amount if away and source[1:] == (project, money) else 0
                assert went <= came


def hang_up() -> None:
    """Each thread has a connection of its own, which would keep the test database from being dropped."""
    together = Barrier(2)

    def close(_n: int) -> None:
        together.wait()
        connection.close()

    list(_threads.map(close, range(2)))


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.django_db(transaction=True)
@override_settings(BONUS_CAPS={"*": Decimal(10**9)})
def test_ten_thousand_random_steps_keep_the_books(capsys) -> None:
    taken.clear()
    chosen = settings(
        max_examples=120,  # some examples end before their hundredth step
        stateful_step_count=100,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(MoneyMachine, settings=chosen)
    finally:
        hang_up()
        registry._factories.pop("machine", None)
    with capsys.disabled():
        print("\n", dict(sorted(taken.items())))
    assert taken["steps"] >= STEPS
    assert all(
        taken[kind] >= 50 for kind in ("pairs", "build some", "send sent", "both sent", "reconcile done")
    )
