"""The whole hot path at once, on the real PostgreSQL: nothing doubled, lost, given or paid too often."""

import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from django.db import connections
from django.db.models import Count, Sum
from django.utils import timezone

from accounts.models import User
from annotations import approval, consensus
from annotations.models import Answer
from rewards.models import Entry, LedgerAccount, Transfer
from rewards.services import ledger
from tasks_app.models import Assignment, Item, Project
from tasks_app.services.assignment import expire_leases
from tests.factories import client_of, make_items, make_project, make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
PEOPLE, ITEMS, OVERLAP, REWARD = 64, 500, 3, 10


@dataclass
class Person:
    """One annotator with habits: mostly right, sometimes impatient, sometimes gone."""

    user: User
    project: Project
    seed: int
    acknowledged: dict[str, str] = field(default_factory=dict)  # assignment -> answer, as told by a 201
    refused: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)  # noqa: S311

    def work(self) -> "Person":
        client = client_of(self.user)
        claim = f"/api/v1/projects/{self.project.pk}/claim"
        while (taken := client.post(claim, {"count": self.dice.randint(1, 5)})).status_code == 201:
            for assignment in taken.json()["assignments"]:
                self.deal_with(client, assignment["id"])
        assert taken.status_code == 204, taken.content
        return self

    def deal_with(self, client: Any, assignment: str) -> None:
        chance = self.dice.random()
        path = f"/api/v1/assignments/{assignment}"
        if chance < 0.05:
            assert client.post(f"{path}/return").status_code == 204
            return
        if chance < 0.1:  # away so long that the time runs out
            Assignment.objects.filter(pk=assignment, state="leased").update(lease_expires_at=timezone.now())
        label = "refund" if self.dice.random() < 0.9 else "delivery"
        body = {"answer": {"intent": label}, "seconds": 2.5}
        for answered in self.send(client, f"{path}/submit", body, assignment):
            if answered.status_code == 201:
                assert (
                    self.acknowledged.setdefault(assignment, answered.json()["id"]) == answered.json()["id"]
                )
            else:
                assert answered.status_code == 409, answered.content
                self.refused[answered.json()["code"]] += 1

    def send(self, client: Any, path: str, body: Any, key: str) -> list[Any]:
        """Once; or again with the same key; or twice at the same moment with the same key."""
        headers, chance = {"Idempotency-Key": key}, self.dice.random()
        if chance < 0.05:
            return at_once([lambda: client.post(path, body, headers=headers)] * 2)
        return [client.post(path, body, headers=headers) for _time in range(2 if chance < 0.2 else 1)]


def at_once(jobs: list[Any]) -> list[Any]:
    """Run every job in a thread of its own; each gives its database connection back."""

    def run(job: Any) -> Any:
        try:
            return job()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return [future.result() for future in [pool.submit(run, job) for job in jobs]]


def crowd_at_work(project: Project) -> list[Person]:
    """All people at once, while the sweeps expire leases and decide items beside them."""
    people = [Person(make_user(), project, n) for n in range(PEOPLE)]
    over = threading.Event()

    def sweep() -> None:
        while not over.wait(0.2):
            expire_leases()
            consensus.aggregate_waiting()

    sweeper = threading.Thread(target=lambda: at_once([sweep]))
    sweeper.start()
    try:
        return at_once([person.work for person in people])
    finally:
        over.set()
        sweeper.join()


def work_until_done(project: Project) -> list[Person]:
    """The crowd, and then somebody who takes what returns and lost leases left open at the very end."""
    people = crowd_at_work(project)
    for n in range(PEOPLE, PEOPLE + 2 * OVERLAP):
        expire_leases()
        people.append(Person(make_user(), project, n).work())
    return people


def test_64_people_over_500_items(db: None) -> None:
    project = make_project(
        funds=0,
        overlap_min=OVERLAP,
        overlap_max=OVERLAP,
        reward_minor=REWARD,
        gold_share=0.0,
    )
    ledger.fund_project(
        project_id=project.pk, currency="USD", amount_minor=100_000, key="all", actor=project.owner_id
    )
    make_items(project, ITEMS)
    people = work_until_done(project)
    assert nothing_is_lost_or_doubled(people)
    assert nobody_is_asked_too_often(project)
    at_once([consensus.aggregate_waiting] * 4)
    Project.objects.filter(pk=project.pk).update(auto_approve_after=0)  # what is in doubt is paid as well
    at_once([approval.auto_approve] * 4)
    every_answer_is_paid_once(people)
    the_ledger_sums_to_zero(project)


def nothing_is_lost_or_doubled(people: list[Person]) -> bool:
    told = {UUID(assignment): UUID(answer) for p in people for assignment, answer in p.acknowledged.items()}
    stored = dict(Answer.objects.values_list("assignment_id", "id"))
    assert stored == told
    assert len(stored) == sum(len(person.acknowledged) for person in people)
    refused = sum((person.refused for person in people), Counter())
    assert set(refused) <= {"lease_expired"}
    return refused["lease_expired"] > 0


def nobody_is_asked_too_often(project: Project) -> bool:
    rows = Assignment.objects.filter(project=project, state__in=["leased", "submitted"])
    held = dict(rows.values_list("item").annotate(n=Count("id")))
    assert max(held.values()) == OVERLAP
    counters = Item.objects.filter(project=project).values_list("id", "taken", "submitted")
    given = dict(Answer.objects.values_list("item").annotate(n=Count("id")))
    assert all(taken == held[pk] and submitted == given[pk] for pk, taken, submitted in counters)
    twice = Answer.objects.values("item", "worker").annotate(n=Count("id")).filter(n__gt=1)
    assert not twice.exists()
    return sum(given.values()) == ITEMS * OVERLAP


def every_answer_is_paid_once(people: list[Person]) -> None:
    assert set(Answer.objects.values_list("state", flat=True)) == {"approved"}
    keys = {f"pay:answer:{pk}" for pk in Answer.objects.values_list("pk", flat=True)}
    assert set(Transfer.objects.filter(kind="pay").values_list("key", flat=True)) == keys
    wallets = dict(LedgerAccount.objects.filter(kind="wallet").values_list("owner", "balance"))
    assert wallets == {p.user.pk: REWARD * len(p.acknowledged) for p in people if p.acknowledged}


def the_ledger_sums_to_zero(project: Project) -> None:
    sums = Entry.objects.values("transfer").annotate(total=Sum("amount")).exclude(total=0)
    assert not sums.exists()
    balances = dict(LedgerAccount.objects.values_list("kind").annotate(total=Sum("balance")))
    paid = ITEMS * OVERLAP * REWARD
    assert balances == {"external": -100_000, "escrow": 100_000 - paid, "reserved": 0, "wallet": paid}
    assert sum(balances.values()) == 0
    for account in LedgerAccount.objects.annotate(total=Sum("entries__amount")):
        assert account.balance == account.total
