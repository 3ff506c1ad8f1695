import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from annotations import approval, consensus, fitting
from annotations.models import Answer, Consensus, FieldFit, WorkerSkill
from annotations.services.fitting import refit_project
from annotations.services.submission import submit_answer
from annotations.settling import is_sampled
from common.turns import turn
from tasks_app.models import Item, Project
from tests.annotations.crowd import answer, balance, decide, wallet
from tests.factories import CHOICE, SPAN, TEXT, lease, make_items, make_project, make_user

pytestmark = pytest.mark.django_db


def test_agreement_settles_pays_and_closes() -> None:
    project = make_project(funds=1000)
    item = make_items(project)[0]
    people = decide(item, "refund", "refund", "refund")
    row = Consensus.objects.get()
    assert (row.value, row.state, row.answers) == ("refund", "approved", 3)
    assert row.confidence > 0.95 and row.posterior["item"]["refund"] == pytest.approx(
        row.confidence, abs=1e-3
    )
    assert item.state == "closed" and not item.needs_aggregation
    assert [wallet(person) for person in people] == [10, 10, 10]
    assert set(Answer.objects.values_list("state", flat=True)) == {"approved"}
    assert balance(project) == (970, 0, 30)


def test_nothing_is_decided_before_all_asked_have_answered() -> None:
    item = make_items(make_project())[0]
    decide(item, "refund", "refund")
    assert not Consensus.objects.exists() and item.state == "open"


def test_doubt_asks_one_more_person_and_then_a_reviewer() -> None:
    project = make_project(overlap_max=4)
    item = make_items(project)[0]
    decide(item, "refund", "delivery", "other")
    assert Consensus.objects.get().state == "open"
    assert (item.slots, item.state) == (4, "open")
    decide(item, "other")
    row = Consensus.objects.get()
    assert (row.state, row.cause, row.value) == ("review", "doubt", "other")
    assert item.slots == 4 and balance(project)[1:] == (40, 0)


def test_without_money_doubt_goes_to_a_reviewer() -> None:
    item = make_items(make_project(funds=30))[0]
    decide(item, "refund", "delivery", "other")
    assert Consensus.objects.get().state == "review" and item.slots == 3


def test_a_share_of_settled_items_is_checked_by_a_person() -> None:
    project = make_project(sample_check_share=1.0)
    item = make_items(project)[0]
    people = decide(item, "refund", "refund", "refund")
    row = Consensus.objects.get()
    assert (row.state, row.cause) == ("review", "sample")
    assert wallet(people[0]) == 0 and item.state == "open"


def test_the_sample_is_drawn_by_id_in_about_its_share() -> None:
    project = make_project(sample_check_share=0.2)
    drawn = [is_sampled(project, item.pk) for item in make_items(project, 1000)]
    assert 150 < sum(drawn) < 250
    project.sample_check_share = 0.0
    assert not any(is_sampled(project, item.pk) for item in Item.objects.all())


def test_delivered_twice_pays_once() -> None:
    item = make_items(make_project())[0]
    people = decide(item, "refund", "refund", "refund")
    consensus.aggregate_item(item.pk)
    consensus.aggregate_waiting()
    assert [wallet(person) for person in people] == [10, 10, 10]


def test_the_sweep_finds_what_a_lost_message_left_behind() -> None:
    project = make_project()
    for item in make_items(project, 3):
        for _ in range(3):
            answer(item, make_user(), "refund")
    consensus.aggregate_waiting()
    assert Consensus.objects.filter(state="approved").count() == 3
    assert not Item.objects.filter(needs_aggregation=True).exists()


def test_a_late_answer_to_a_settled_item_is_paid() -> None:
    project = make_project(overlap_min=4)
    item = make_items(project)[0]
    late = make_user("late")
    assignment = lease(item, late)
    for _ in range(3):
        answer(item, make_user(), "refund")
    Item.objects.filter(pk=item.pk).update(slots=3 + 1)
    item.refresh_from_db()
    Consensus.objects.create(project=project, item=item, field="intent", value="refund", state="approved")
    submit_answer(assignment=assignment, answer={"intent": "other"})
    consensus.aggregate_item(item.pk)
    assert wallet(late) == 10 and Consensus.objects.get().value == "refund"


def test_spans_are_decided_token_by_token() -> None:
    project = make_project(fields=[SPAN])
    item = make_items(project, payloads=[{"text": "Hello. Where is my parcel?"}])[0]
    span = {"turn": 0, "start": 7, "end": 26, "label": "question"}
    decide(item, *[{"qa": [span]}] * 3)
    row = Consensus.objects.get()
    assert row.value == [span] and row.state == "approved"
    assert row.posterior["0:7:12"]["B-question"] > 0.9


def test_an_optional_text_holds_nothing_up() -> None:
    project = make_project(fields=[CHOICE, TEXT])
    item = make_items(project)[0]
    decide(
        item, *[{"intent": "refund", "reply": reply} for reply in ("Sorry!", "Money is on its way.", "Hm")]
    )
    assert dict(Consensus.objects.values_list("field", "state")) == {
        "intent": "approved",
        "reply": "approved",
    }
    assert item.state == "closed"


def test_only_the_doubtful_field_goes_to_review() -> None:
    second = {**CHOICE, "name": "emotion", "labels": ["calm", "angry", "sad"]}
    item = make_items(make_project(fields=[CHOICE, second], overlap_max=3))[0]
    people = decide(item, *[{"intent": "refund", "emotion": e} for e in ("calm", "angry", "sad")])
    assert dict(Consensus.objects.values_list("field", "state")) == {
        "intent": "approved",
        "emotion": "review",
    }
    assert wallet(people[0]) == 0


# -- gold ----------------------------------------------------------------------------------------------------


def make_gold(project: Project, truth: str = "refund") -> Item:
    return make_items(project, slots=9, gold={"intent": truth})[0]


def test_gold_answers_are_scored_once_and_not_decided() -> None:
    project = make_project()
    gold, worker = make_gold(project), make_user()
    other_gold = make_gold(project, "other")
    answer(gold, worker, "refund")
    answer(other_gold, worker, "refund")
    for _ in range(2):
        consensus.aggregate_item(gold.pk)
        consensus.aggregate_item(other_gold.pk)
    skill = WorkerSkill.objects.get()
    assert (skill.gold_seen, skill.gold_score) == (2, 1.0)
    assert not Consensus.objects.exists()
    assert set(Answer.objects.values_list("state", flat=True)) == {"pending"}


def test_gold_is_paid_with_the_next_ordinary_answer_of_the_same_person() -> None:
    project = make_project()
    gold, item, worker, bystander = make_gold(project), make_items(project)[0], make_user(), make_user()
    early = answer(gold, worker, "other")
    answer(gold, bystander, "refund")
    consensus.aggregate_item(gold.pk)
    for person in (worker, make_user(), make_user()):
        answer(item, person, "refund")
    late_gold = make_gold(project)
    late = answer(late_gold, worker, "refund")
    consensus.aggregate_item(late_gold.pk)
    consensus.aggregate_item(item.pk)
    early.refresh_from_db()
    late.refresh_from_db()
    assert (early.state, late.state) == ("approved", "pending")
    assert wallet(worker) == 20 and wallet(bystander) == 0


# -- auto-approval -------------------------------------------------------------------------------------------


def test_what_was_left_undecided_too_long_is_approved_and_paid() -> None:
    project = make_project(auto_approve_after=3600)
    patient = make_project(auto_approve_after=7 * 24 * 3600)
    old = answer(make_items(project)[0], make_user(), "refund")
    fresh = answer(make_items(project)[0], make_user(), "refund")
    kept = answer(make_items(patient)[0], make_user(), "refund")
    Answer.objects.filter(pk__in=[old.pk, kept.pk]).update(created_at=timezone.now() - timedelta(hours=2))
    assert approval.auto_approve() == 1
    assert approval.auto_approve() == 0
    states = [Answer.objects.get(pk=row.pk).state for row in (old, fresh, kept)]
    assert states == ["approved", "pending", "pending"]
    assert wallet(old.worker) == 10


# -- full fit ------------------------------------------------------------------------------------------------


def test_a_fit_learns_who_is_reliable_and_decides_again() -> None:
    """Two people who are nearly always right beat three who always say the same thing."""
    project = make_project(overlap_min=5, overlap_max=5, confidence=0.9)
    good, lazy = [make_user() for _ in range(2)], [make_user() for _ in range(3)]
    items = make_items(project, 30)
    truth = {item.pk: ["refund", "delivery", "other"][n % 3] for n, item in enumerate(items)}
    for item in items:
        for person in good:
            answer(item, person, truth[item.pk])
        for person in lazy:
            answer(item, person, "other")
    refit_project(project.pk)
    found = dict(Consensus.objects.values_list("item_id", "value"))
    assert found == truth
    skill = {row.worker_id: row.accuracy for row in WorkerSkill.objects.all()}
    assert min(skill[p.pk] for p in good) > 0.85 > 0.6 > max(skill[p.pk] for p in lazy)
    fit = FieldFit.objects.get()
    assert fit.answers == 150 and fit.agreement["alpha"] < 0.5
    assert fit.agreement["low"] <= fit.agreement["alpha"] <= fit.agreement["high"]
    assert set(fit.agreement["labels"]) == {"refund", "delivery", "other"}


def test_a_fit_happens_where_new_answers_came_in(monkeypatch: pytest.MonkeyPatch) -> None:
    project, quiet = make_project(), make_project()
    fitted: list[Any] = []
    real = fitting._fit
    monkeypatch.setattr(fitting, "_fit", lambda p: fitted.append(p.pk) or real(p))
    decide(make_items(project)[0], "refund", "refund", "refund")
    for expected in ([project.pk], [project.pk]):
        fitting.refit_due()
        assert fitted == expected
    answer(make_items(project)[0], make_user(), "refund")
    fitting.refit_due()
    assert fitted == [project.pk] * 2 and quiet.pk not in fitted


def test_a_fit_leaves_what_a_person_decided() -> None:
    project = make_project()
    item = make_items(project)[0]
    decide(item, "refund", "refund", "refund")
    Consensus.objects.update(state="corrected", value="other", confidence=1.0)
    refit_project(project.pk)
    assert Consensus.objects.get().value == "other"


# -- at the same time ----------------------------------------------------------------------------------------


def at_once(number: int, work: Any) -> None:
    start = threading.Barrier(number)

    def one(n: int) -> None:
        start.wait()
        try:
            work(n)
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as pool:
        list(pool.map(one, range(number)))


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_one_item_pay_once_and_ask_once() -> None:
    project = make_project(funds=10_000)
    settled, unsure = make_items(project, 2)
    people = [make_user() for _ in range(3)]
    for person, label in zip(people, ["refund", "delivery", "other"], strict=True):
        answer(settled, person, "refund")
        answer(unsure, person, label)
    at_once(12, lambda n: consensus.aggregate_item((settled, unsure)[n % 2].pk))
    assert [wallet(person) for person in people] == [10, 10, 10]
    unsure.refresh_from_db()
    assert unsure.slots == 4
    assert balance(project) == (10_000 - 30 - 40, 40, 30)
    assert Consensus.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_sweeps_fits_and_auto_approval_at_once_do_not_pay_twice() -> None:
    project = make_project(auto_approve_after=60)
    people = [make_user() for _ in range(3)]
    for item in make_items(project, 8):
        for person in people:
            answer(item, person, "refund")
    Answer.objects.update(created_at=timezone.now() - timedelta(hours=1))
    work = [consensus.aggregate_waiting, approval.auto_approve, lambda: fitting.refit(project.pk, wait=True)]
    at_once(9, lambda n: work[n % 3]())
    consensus.aggregate_waiting()
    assert [wallet(person) for person in people] == [80, 80, 80]
    assert balance(project) == (100_000 - 240, 0, 240)
    assert set(Answer.objects.values_list("state", flat=True)) == {"approved"}


@pytest.mark.django_db(transaction=True)
def test_a_second_sweep_leaves_the_work_to_the_first() -> None:
    project = make_project(funds=1000)
    item = make_items(project)[0]
    for _ in range(3):
        answer(item, make_user(), "refund")

    def try_meanwhile() -> bool:
        try:
            consensus.sweep(project.pk, wait=False)
            return Consensus.objects.exists()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as other:
        with turn(f"sweep {project.pk}"):
            assert not other.submit(try_meanwhile).result(20)
        assert other.submit(try_meanwhile).result(20)
