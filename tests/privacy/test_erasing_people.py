"""An annotator goes: nothing names them any more, the answers stay or go, and the books add up."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.models import Notification, User
from accounts.services.tokens import create_token
from annotations import consensus
from annotations.models import Answer, Appeal, Consensus, Measure, Review, WorkerDay, WorkerSkill
from annotations.services.fitting import refit_project
from privacy.holders import Subject
from rewards.models import Badge, Bonus, LedgerAccount, PayoutAddress, Recognition, Transfer, WorkedDay
from rewards.services import bonuses
from tasks_app.models import Assignment, Flag, Item, Project, WorkerProgress
from tasks_app.pseudonyms import pseudonym
from tasks_app.services.claiming import claim_items
from tasks_app.services.flags import flag_item
from tests.annotations.crowd import answer, decide, wallet
from tests.factories import CHOICE, TEXT, client_of, lease, make_items, make_project, make_user
from tests.privacy.subjects import assert_books_add_up, erase, holdings, residue, restrict, rows_that_say

pytestmark = pytest.mark.django_db
NAME, MAIL = "Zebulon Quist", "zebulon.quist@example.org"


@pytest.fixture
def person() -> User:
    user = make_user("zq", languages=["en"])
    user.email, user.display_name = MAIL, NAME
    user.save()
    EmailAddress.objects.create(user=user, email=MAIL, verified=True)
    return user


@pytest.fixture
def project() -> Project:
    return make_project(fields=[CHOICE, TEXT], overlap_min=3)


def subject_of(user: User) -> Subject:
    return Subject(account=user.pk, values=(MAIL, NAME))


def work(project: Project, person: User, *, items: int = 3) -> list[Item]:
    """Answered by the person and two others, decided and paid."""
    made = make_items(project, items)
    for item in made:
        answer(item, person, {"intent": "refund", "reply": f"Best wishes, {NAME}"})
        answer(item, make_user(), "refund")
        answer(item, make_user(), "refund")
        consensus.aggregate_item(item.pk)
    return made


def test_nothing_names_an_erased_annotator_and_the_answers_stay(project: Project, person: User) -> None:
    items = work(project, person)
    refit_project(project.pk)
    before, paid = Answer.objects.count(), wallet(person)
    assert paid == 30
    create_token(user=person)
    EmailAddress.objects.update_or_create(user=person, email=MAIL)
    PayoutAddress.objects.create(user=person.pk, nonce=b"n", sealed=b"s", hint="1234")
    Recognition.objects.create(user=person.pk, nickname="Zeb")
    Badge.objects.create(user=person.pk, name="first", earned_at=person.date_joined)
    WorkedDay.objects.create(
        project=project.pk, worker=person.pk, day="2026-01-01", answers=1, seconds=1, earned_minor=1
    )
    Notification.objects.create(user=project.owner, kind="note", data={"who": f"{NAME} wrote"})

    erase(subject_of(person))

    assert residue(subject_of(person)) == {}
    assert rows_that_say(NAME, MAIL) == []
    assert Answer.objects.count() == before
    assert not Answer.objects.filter(worker=person).exists()
    stayed = Answer.objects.filter(item=items[0]).exclude(worker__imported=False).get()
    assert stayed.value == {"intent": "refund", "reply": "Best wishes, …"}
    assert WorkerSkill.objects.filter(worker=stayed.worker).exists()
    assert pseudonym(project.pk, stayed.worker_id) != pseudonym(project.pk, person.pk)
    assert not WorkerDay.objects.filter(worker=person).exists()
    person.refresh_from_db()
    assert not person.is_active and not person.has_usable_password() and person.erased_at
    assert_books_add_up()
    assert wallet(person) == 0  # given up
    assert Transfer.objects.filter(kind="waive").count() == 1


def test_erasing_twice_changes_nothing_more(project: Project, person: User) -> None:
    work(project, person)
    erase(subject_of(person))
    again = erase(subject_of(person))
    assert again == {name: {} for name in again}


def test_stand_ins_of_two_projects_are_two(project: Project, person: User) -> None:
    other = make_project(fields=[CHOICE])
    work(project, person, items=1)
    work_other = make_items(other, 1)[0]
    answer(work_other, person, "refund")
    erase(subject_of(person))
    names = {a.worker_id for a in Answer.objects.filter(worker__email__endswith="erased.invalid")}
    assert len(names) == 2
    assert not User.objects.filter(pk__in=names, is_active=True).exists()


def test_removed_answers_are_decided_anew_and_paid_money_stays_booked(project: Project, person: User) -> None:
    Project.objects.filter(pk=project.pk).update(erasure_answers="remove")
    item = make_items(project, 1)[0]
    answer(item, person, "delivery")
    answer(item, make_user(), "delivery")
    answer(item, make_user(), "refund")
    consensus.aggregate_item(item.pk)
    spent = LedgerAccount.objects.get(kind="reserved", owner=project.pk).spent

    erase(subject_of(person))

    item.refresh_from_db()
    assert Answer.objects.filter(item=item).count() == 2
    assert item.needs_aggregation and item.taken == item.submitted == 2
    assert_books_add_up()
    assert LedgerAccount.objects.get(kind="reserved", owner=project.pk).spent == spent
    consensus.aggregate_item(item.pk)
    assert Consensus.objects.get(item=item, field="intent").answers == 2
    assert residue(subject_of(person)) == {}
    assert_books_add_up()


def test_an_item_that_only_the_person_answered_is_asked_again(project: Project, person: User) -> None:
    Project.objects.filter(pk=project.pk).update(erasure_answers="remove")
    item = make_items(project, 1)[0]
    answer(item, person, "refund")
    erase(subject_of(person))
    item.refresh_from_db()
    assert (item.state, item.slots, item.taken, item.submitted) == ("open", 3, 0, 0)
    assert claim_items(project=project, worker=make_user())
    assert_books_add_up()


def test_what_a_person_holds_goes_back(project: Project, person: User) -> None:
    item = make_items(project, 1)[0]
    lease(item, person)
    WorkerProgress.objects.create(project=project, worker=person)
    erase(subject_of(person))
    item.refresh_from_db()
    assert item.taken == 0
    assert not Assignment.objects.filter(worker=person).exists()


def test_decisions_stay_with_their_reasons_and_words_about_oneself_go(project: Project, person: User) -> None:
    item = make_items(project, 1)[0]
    decide(item, "refund", "refund", "delivery")
    row = Consensus.objects.get(item=item, field="intent")
    Review.objects.create(consensus=row, reviewer=person, action="approve", reason=f"It is so. {NAME}")
    mine = make_items(project, 1)[0]
    given = answer(mine, person, "refund")
    Appeal.objects.create(answer=given, text="I am sure, I live there.")
    Measure.objects.create(project=project, worker=person, kind="message", reason="x", by=project.owner)
    flag_item(
        assignment=lease(make_items(project, 1)[0], person), kind="unclear", comment="my aunt", actor=person
    )

    erase(subject_of(person))

    review = Review.objects.get()
    assert review.reviewer != person and review.reason == "It is so. …"
    assert Appeal.objects.get().text == ""
    assert not Measure.objects.exists()
    assert not Flag.objects.exclude(comment="").exists()
    assert residue(subject_of(person)) == {}


def test_memos_and_reasons_about_a_person_go_and_amounts_stay(project: Project, person: User) -> None:
    bonuses.give_bonus(
        source=bonuses.Source(project_id=project.pk, currency="USD", title="T"), worker_id=person.pk,
        amount_minor=5, reason="Thanks for the night shift", key="b", actor=project.owner_id,
    )  # fmt: skip
    amount = Bonus.objects.get().amount_minor
    erase(subject_of(person))
    assert Bonus.objects.get().amount_minor == amount and Bonus.objects.get().reason == ""
    assert not Transfer.objects.filter(kind="bonus").exclude(memo="").exists()
    assert_books_add_up()


def test_an_erased_person_is_signed_out_and_gets_nothing_more(project: Project, person: User) -> None:
    make_items(project, 1)
    browser = Client()
    browser.force_login(person)
    api = client_of(person)
    erase(subject_of(person))
    assert browser.get("/work/").status_code in (302, 401)
    assert api.post(f"/api/v1/projects/{project.pk}/claim").status_code == 401


def test_a_restricted_person_gets_no_items_and_their_answers_do_not_count(
    project: Project, person: User
) -> None:
    items = work(project, person, items=1)
    make_items(project, 1)
    restrict(subject_of(person), restricted=True)
    person.refresh_from_db()
    held = client_of(person).post(f"/api/v1/projects/{project.pk}/claim", {}, format="json")
    assert held.status_code == 403 and held.json()["code"] == "account_held"
    assert Answer.objects.get(item=items[0], worker=person).held
    restrict(subject_of(person), restricted=False)
    person.refresh_from_db()
    assert person.restricted_at is None
    assert not Answer.objects.filter(held=True).exists()
    assert claim_items(project=project, worker=person)


def test_a_person_may_see_what_is_held_and_nobody_elses_texts(project: Project, person: User) -> None:
    work(project, person, items=2)
    Item.objects.update(payload={"text": "somebody else's secret"})
    found: dict[str, Any] = holdings(subject_of(person))
    assert len(found["answers"]) == 2 and found["answers"][0]["value"]["intent"] == "refund"
    assert found["account"][0]["email"] == MAIL
    assert sum(entry["amount"] for entry in found["ledger"]) == 20
    assert "somebody else's secret" not in repr(found)


def test_what_is_approved_after_its_author_was_erased_is_the_projects_again(
    project: Project, person: User
) -> None:
    """It was given up with the account: in the wallet of nobody it would be lost."""
    [item] = make_items(project, 1)
    answer(item, person, "refund")
    erase(subject_of(person))
    for _n in range(2):
        answer(item, make_user(), "refund")
    consensus.aggregate_item(item.pk)
    author = Answer.objects.order_by("pk")[0]
    assert author.state == "approved" and wallet(author.worker) == wallet(person) == 0
    assert not LedgerAccount.objects.filter(kind="wallet", owner=author.worker_id).exists()
    assert Transfer.objects.get(key=f"pay:answer:{author.pk}").kind == Transfer.Kind.RELEASE
    escrow = LedgerAccount.objects.get(kind="escrow", owner=project.pk)
    reserved = LedgerAccount.objects.get(kind="reserved", owner=project.pk)
    paid = 2 * project.reward_minor
    assert escrow.balance + reserved.balance == 100_000 - paid
    assert_books_add_up()
