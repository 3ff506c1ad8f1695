"""Erasing while people claim and hand in, files come in and snapshots are frozen: nothing slips through."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from accounts.models import User
from annotations.models import Answer, Consensus
from annotations.services.submission import submit_answer
from common.errors import DomainError
from privacy.holders import Subject, Terms, all_holders
from tasks_app.importing import job as importing
from tasks_app.models import Assignment, ImportJob, Item, Project, WorkerProgress
from tasks_app.services.claiming import claim_items
from tasks_app.services.imports import start_import
from tests.factories import lease, make_items, make_project, make_user
from tests.privacy.subjects import assert_books_add_up, residue
from training import run_folder, snapshots
from training.services.snapshots import freeze_snapshot

pytestmark = pytest.mark.django_db(transaction=True)
LONG = 20.0  # seconds after which something hangs


@pytest.fixture(autouse=True)
def artifacts(settings: Settings, tmp_path: Path) -> None:
    settings.ARTIFACTS_DIR = tmp_path / "artifacts"


@pytest.fixture
def project() -> Project:
    return make_project()


class Aside(threading.Thread):
    """Something done at the same time, on a connection of its own."""

    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self._work = work
        self.result: Any = None
        self.refused = ""
        self.start()

    def run(self) -> None:
        try:
            self.result = self._work()
        except DomainError as refused:
            self.refused = refused.code
        except run_folder.Unusable as refused:
            self.refused = str(refused)
        finally:
            connection.close()

    def end(self) -> "Aside":
        self.join(LONG)
        assert not self.is_alive(), "it waits for ever"
        return self

    def waits(self) -> bool:
        self.join(0.7)
        return self.is_alive()


@contextmanager
def erasing(subject: Subject) -> Iterator[None]:
    """Everything is erased, and not committed yet."""
    with transaction.atomic():
        for holder in all_holders():
            holder.erase(subject, Terms(request=uuid4()))
        yield


@contextmanager
def half_done(work: Callable[[], Any]) -> Iterator[None]:
    """The statements of `work` have run elsewhere; they are committed once the block waits for them."""
    ran, go_on = threading.Event(), threading.Event()

    def both() -> None:
        with transaction.atomic():
            work()
            ran.set()
            go_on.wait(LONG)

    aside = Aside(both)
    assert ran.wait(LONG)
    threading.Timer(0.7, go_on.set).start()
    yield
    aside.end()


def about(item: Item) -> Subject:
    return Subject(items=frozenset([item.pk]))


def erase(subject: Subject) -> None:
    with erasing(subject):
        pass


def submit(held: Assignment) -> Callable[[], Any]:
    return lambda: submit_answer(assignment=held, answer={"intent": "refund"}, seconds=1)


def test_an_answer_that_is_just_coming_in_is_emptied_with_the_item(project: Project) -> None:
    item = make_items(project, 1)[0]
    held = lease(item, make_user())
    with half_done(submit(held)):
        erase(about(item))
    assert Answer.objects.get().value == {}
    assert residue(about(item)) == {}
    assert_books_add_up()


def test_an_answer_to_an_item_that_is_being_erased_waits_and_is_refused(project: Project) -> None:
    item = make_items(project, 1)[0]
    held = lease(item, make_user())
    with erasing(about(item)):
        late = Aside(submit(held))
        assert late.waits()
    assert late.end().refused == "withdrawn"
    assert not Answer.objects.exists()
    assert_books_add_up()


def test_an_item_that_is_just_being_claimed_is_taken_back(project: Project) -> None:
    item, person = make_items(project, 1)[0], make_user()
    with half_done(lambda: claim_items(project=project, worker=person)):
        erase(about(item))
    assert Assignment.objects.get().state == "withdrawn"
    assert residue(about(item)) == {}
    assert_books_add_up()


def test_a_person_who_hands_in_while_being_erased(project: Project) -> None:
    item, person = make_items(project, 1)[0], make_user()
    with half_done(submit(lease(item, person))):
        erase(Subject(account=person.pk))
    assert Answer.objects.get().worker_id != person.pk
    assert residue(Subject(account=person.pk)) == {}


def test_a_person_who_hands_in_after_the_erasure_began_is_refused(project: Project) -> None:
    item, person = make_items(project, 1)[0], make_user()
    held = lease(item, person)
    with erasing(Subject(account=person.pk)):
        late = Aside(submit(held))
        assert late.waits()
    assert late.end().refused == "account_held"
    assert not Answer.objects.exists()
    assert residue(Subject(account=person.pk)) == {}


def test_a_person_who_claims_while_being_erased(project: Project) -> None:
    make_items(project, 2)
    person = make_user()
    WorkerProgress.objects.create(project=project, worker=person)
    with half_done(lambda: claim_items(project=project, worker=person)):
        erase(Subject(account=person.pk))
    assert not Assignment.objects.filter(worker=person).exists()
    assert residue(Subject(account=person.pk)) == {}


def test_a_person_who_claims_after_the_erasure_began_gets_nothing(project: Project) -> None:
    make_items(project, 2)
    person = make_user()
    WorkerProgress.objects.create(project=project, worker=person)
    with erasing(Subject(account=person.pk)):
        late = Aside(lambda: claim_items(project=project, worker=User.objects.get(pk=person.pk)))
        assert late.waits()
    assert late.end().refused == "account_held"
    assert not Assignment.objects.filter(worker=person).exists()


def import_of(project: Project, text: str) -> ImportJob:
    line = json.dumps({"text": text}).encode()
    return start_import(project=project, actor=project.owner, chunks=[line], format="jsonl")


def test_the_same_text_that_is_just_coming_in_stays_out(project: Project) -> None:
    importing.run(import_of(project, "The green lamp is broken").pk)
    item = Item.objects.get()
    again = import_of(project, "The green lamp is broken")
    with erasing(about(item)):
        aside = Aside(lambda: importing.run(again.pk))
        assert aside.waits()
    aside.end()
    again.refresh_from_db()
    assert again.skipped == {"erased": 1}
    assert Item.objects.get() == item


def approved(project: Project, count: int) -> list[Item]:
    made = make_items(project, count, slots=0)
    for number, item in enumerate(made):
        Consensus.objects.create(
            project=project,
            item=item,
            field="intent",
            confidence=1,
            state="approved",
            value=("refund", "delivery", "other")[number % 3],
        )
    return made


def test_a_snapshot_that_is_frozen_meanwhile_does_not_hold_it(project: Project) -> None:
    items = approved(project, 30)
    with erasing(about(items[0])):
        aside = Aside(lambda: freeze_snapshot(project=project, actor=None)[0])
        assert aside.waits()
    frozen = aside.end().result
    assert not frozen.items.filter(item=items[0].pk).exists()
    assert residue(about(items[0])) == {}


def test_a_snapshot_that_was_just_frozen_is_withdrawn(project: Project) -> None:
    items = approved(project, 30)
    with half_done(lambda: freeze_snapshot(project=project, actor=None)):
        erase(about(items[0]))
    assert project.snapshots.get().withdrawn_at is not None
    assert residue(about(items[0])) == {}


def test_a_run_is_not_given_a_snapshot_that_is_being_withdrawn(project: Project) -> None:
    items = approved(project, 30)
    snapshot, _new = freeze_snapshot(project=project, actor=None)

    def begin() -> None:
        with snapshots.held(snapshot):
            pass

    with erasing(about(items[0])):
        aside = Aside(begin)
        assert aside.waits()
    assert "withdrawn by an erasure" in aside.end().refused


def test_two_erasures_of_the_same_person_do_it_once(project: Project) -> None:
    item, person = make_items(project, 1)[0], make_user()
    submit(lease(item, person))()
    subject = Subject(account=person.pk, items=frozenset([item.pk]))
    both = [Aside(lambda: erase(subject)) for _ in range(2)]
    for one in both:
        one.end()
    assert residue(subject) == {}
    assert_books_add_up()
