"""Wrong gold: corrected or retired, and everybody it touched is scored anew."""

import time
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.models import Notification, User
from annotations import earning, gold
from annotations.models import Answer, WorkerSkill
from annotations.reinstating import reinstate
from annotations.services.appeals import appeal_answer, decide_appeal
from annotations.services.gold_truth import correct_gold, retire_gold
from common.errors import Conflict, Invalid
from common.models import AuditEvent
from tasks_app.models import Flag, Item, QualificationAttempt, WorkerQualification
from tasks_app.services import attempts
from tasks_app.services import qualification as service
from tests.annotations.crowd import answer, balance, told, wallet
from tests.factories import CHOICE, client_of, make_items, make_project, make_user
from tests.tasks_app.test_claim_concurrency import at_once

REFUND, DELIVERY = {"intent": "refund"}, {"intent": "delivery"}


@pytest.fixture
def item(db: None) -> Item:
    """A gold item that says refund, while two of three people say delivery."""
    return make_items(make_project(funds=1000), gold=REFUND, slots=5)[0]


def people(item: Item) -> tuple[User, User, User]:
    right, one, two = make_user("right"), make_user("one"), make_user("two")
    for person, label in ((right, "refund"), (one, "delivery"), (two, "delivery")):
        answer(item, person, label)
    gold.score_item(item.pk)
    return right, one, two


def standing(person: User) -> tuple[int, float]:
    row = WorkerSkill.objects.get(worker=person)
    return row.gold_seen, row.gold_score


def correct(item: Item, truth: Any = DELIVERY) -> Any:
    return correct_gold(item=item, truth=truth, reason="It asks for the parcel", actor=item.project.owner)


def retire(item: Item) -> Any:
    return retire_gold(item=item, reason="Nobody can say", actor=item.project.owner)


def test_a_corrected_truth_scores_everybody_anew(item: Item) -> None:
    right, one, two = people(item)
    assert [standing(who) for who in (right, one, two)] == [(1, 1.0), (1, 0.0), (1, 0.0)]
    done = correct(item)
    assert (done.answers, done.people) == (3, 3)
    assert [standing(who) for who in (right, one, two)] == [(1, 0.0), (1, 1.0), (1, 1.0)]
    assert Answer.objects.get(worker=one).gold_scores == {"intent": 1.0}
    assert told(one) == told(right) == ["gold_rescored"]
    assert str(item.pk) not in str(list(Notification.objects.values_list("data", "url")))
    assert AuditEvent.objects.filter(action="gold.corrected").count() == 1


def test_correcting_to_the_same_changes_nothing_and_tells_nobody(item: Item) -> None:
    right, one, _two = people(item)
    assert correct(item, REFUND).people == 0
    assert (standing(right), standing(one)) == ((1, 1.0), (1, 0.0))
    assert not Notification.objects.exists()


def test_a_retired_item_counts_for_nobody_and_is_shown_to_nobody(item: Item) -> None:
    right, one, _two = people(item)
    retire(item)
    retire(item)
    assert (standing(right), standing(one)) == ((0, 0.0), (0, 0.0))
    item.refresh_from_db()
    assert (item.state, item.gold, item.slots) == ("withdrawn", {}, item.taken)


def test_who_was_rejected_for_what_is_right_now_is_paid(item: Item) -> None:
    right, one, two = people(item)
    Answer.objects.filter(worker__in=[one, two]).update(state="rejected", decided_at=timezone.now())
    assert correct(item).reinstated == 2
    assert [wallet(who) for who in (right, one, two)] == [0, 10, 10]
    assert correct(item).reinstated == 0


def exam_on(item: Item) -> Any:
    """A test of that one question, copied from the project's gold."""
    owner = item.project.owner
    exam = service.define_qualification(
        owner=owner, title="From gold", fields=[CHOICE], pass_mark=1.0, items_per_attempt=0
    )
    service.add_from_gold(qualification=exam, project=item.project, actor=owner, part="exam")
    return exam


def sit(exam: Any, person: User, value: Any) -> QualificationAttempt:
    attempt = attempts.start_attempt(qualification=exam, worker=person)
    attempts.answer_item(attempt=attempt, item_id=attempt.items[0], answer=value)
    attempt.refresh_from_db()
    return attempt


def test_an_appeal_against_the_old_truth_is_won_by_the_new_one(item: Item) -> None:
    _right, one, _two = people(item)
    given = Answer.objects.get(worker=one)
    Answer.objects.filter(pk=given.pk).update(state="rejected", decided_at=timezone.now())
    Item.objects.filter(pk=item.pk).update(taken=F("taken") - 1, submitted=F("submitted") - 1)
    appeal = appeal_answer(answer=given, text="It asks for the parcel.", actor=one)
    correct(item)
    before = Item.objects.values("taken", "submitted").get(pk=item.pk), balance(item.project)
    appeal.refresh_from_db()
    assert appeal.state == "upheld"
    with pytest.raises(Conflict) as refused:
        decide_appeal(appeal=appeal, uphold=True, reason="Yes.", actor=item.project.owner)
    assert refused.value.code == "already_decided"
    reinstate([given], item)  # nor does anything else find money for it twice
    assert (Item.objects.values("taken", "submitted").get(pk=item.pk), balance(item.project)) == before
    assert wallet(one) == 10


def holders(exam: Any) -> set[Any]:
    rows = WorkerQualification.objects.filter(qualification=exam, revoked_at=None)
    return set(rows.values_list("worker_id", flat=True))


def test_passes_follow_the_corrected_truth(item: Item) -> None:
    exam = exam_on(item)
    passed, failed, granted = make_user(), make_user(), make_user()
    assert sit(exam, passed, REFUND).state == "passed"
    assert sit(exam, failed, DELIVERY).state == "failed"
    service.grant_qualification(qualification=exam, worker=granted, actor=exam.owner)
    assert correct(item).people == 2
    assert holders(exam) == {failed.pk, granted.pk}
    assert "gold_rescored" in told(failed)
    lost = WorkerQualification.objects.get(worker=passed)
    assert lost.revoked_by is None and lost.reason


def test_a_retired_question_fails_nobody(item: Item) -> None:
    exam = exam_on(item)
    failed = make_user()
    sit(exam, failed, DELIVERY)
    retire(item)
    assert holders(exam) == {failed.pk}


def test_what_is_refused(item: Item) -> None:
    with pytest.raises(Invalid) as refused:
        correct(item, {"intent": "weather"})
    assert refused.value.problems[0].pointer == "/truth/intent"
    with pytest.raises(Invalid):
        retire_gold(item=item, reason=" ", actor=item.project.owner)
    [ordinary] = make_items(item.project)
    with pytest.raises(Conflict):
        retire(ordinary)
    assert not AuditEvent.objects.filter(action__startswith="gold.").exists()


def test_the_list_shows_which_gold_people_fail_and_flag(item: Item) -> None:
    people(item)
    Flag.objects.create(item=item, worker=make_user(), kind="unclear")
    [line] = client_of(item.project.owner).get(f"/api/v1/projects/{item.project_id}/gold").json()["results"]
    assert (line["answers"], round(line["mean_score"], 2), line["flags"]) == (3, 0.33, 1)
    assert line["suspicious"] and line["truth"] == REFUND


def test_over_rest_and_only_for_the_project(item: Item) -> None:
    people(item)
    body = {"truth": DELIVERY, "reason": "It asks for the parcel"}
    for verb in ("correct", "retire"):
        assert client_of(make_user()).post(f"/api/v1/gold/{item.pk}/{verb}", body).status_code == 404
    assert client_of(make_user()).get(f"/api/v1/projects/{item.project_id}/gold").status_code == 404
    client = client_of(item.project.owner)
    headers = {"Idempotency-Key": "once"}
    first = client.post(f"/api/v1/gold/{item.pk}/correct", body, format="json", headers=headers)
    again = client.post(f"/api/v1/gold/{item.pk}/correct", body, format="json", headers=headers)
    assert first.json() == again.json() == {"answers": 3, "people": 3, "reinstated": 0}
    assert client.post(f"/api/v1/gold/{item.pk}/retire", {"reason": "x"}).status_code == 200


def test_on_the_page(item: Item, client: Any) -> None:
    people(item)
    client.force_login(item.project.owner)
    page = client.get(f"/projects/{item.project_id}/gold/").content.decode()
    assert "perhaps wrong" in page and f"/gold/{item.pk}/" in page
    assert client.get(f"/gold/{item.pk}/").status_code == 200
    bad = client.post(f"/gold/{item.pk}/", {"truth": '{"intent": "x"}', "reason": "y"})
    assert bad.status_code == 422
    done = client.post(f"/gold/{item.pk}/", {"truth": '{"intent": "delivery"}', "reason": "y"})
    assert done.status_code == 302
    item.refresh_from_db()
    assert item.gold == DELIVERY
    client.force_login(make_user())
    assert client.get(f"/gold/{item.pk}/").status_code == 404


def test_skill_earns_a_qualification_once(item: Item) -> None:
    owner, good, new = item.project.owner, make_user(), make_user()
    rule = {"project": str(item.project_id), "field": "intent", "accuracy": 0.9, "answers": 50}
    row = service.define_qualification(owner=owner, title="Proven", kind="skill", earn=rule)
    for person, answers in ((good, 80), (new, 10)):
        WorkerSkill.objects.create(
            project=item.project, field="intent", worker=person, accuracy=0.95, answers=answers
        )
    assert (earning.grant_earned(), earning.grant_earned()) == (1, 0)
    assert holders(row) == {good.pk}


def slowly(function: Any) -> Any:
    """The same, with time for others to come between what was read and what is written."""

    def slow(*args: Any, **kwargs: Any) -> Any:
        found = function(*args, **kwargs)
        time.sleep(0.3)
        return found

    return slow


@pytest.mark.django_db(transaction=True)
def test_a_score_under_way_never_outlives_the_correction(monkeypatch: pytest.MonkeyPatch) -> None:
    item = make_items(make_project(), gold=REFUND, slots=5)[0]
    person = make_user()
    answer(item, person, "delivery")
    monkeypatch.setattr(gold, "scores", slowly(gold.scores))
    at_once([lambda: gold.score_item(item.pk), lambda: (time.sleep(0.1), correct(item))])
    gold.score_item(item.pk)
    assert Answer.objects.get().gold_scores == {"intent": 1.0}
    assert standing(person) == (1, 1.0)


@pytest.mark.django_db(transaction=True)
def test_an_exam_answered_while_its_truth_is_corrected_ends_in_the_new_truth(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    item = make_items(make_project(), gold=REFUND, slots=5)[0]
    exam = exam_on(item)
    person = make_user()
    attempt = attempts.start_attempt(qualification=exam, worker=person)
    monkeypatch.setattr(attempts, "score_of", slowly(attempts.score_of))

    def sent() -> None:
        attempts.answer_item(attempt=attempt, item_id=attempt.items[0], answer=DELIVERY)

    at_once([sent, lambda: (time.sleep(0.1), correct(item))])
    attempt.refresh_from_db()
    assert attempt.state == "passed"
    assert person.pk in holders(exam)
