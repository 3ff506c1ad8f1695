"""Qualifications: made, trained for, examined, granted, taken away; two at the same moment."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Notification
from common.errors import DomainError
from tasks_app.models import (
    Assignment,
    Item,
    Qualification,
    QualificationAttempt,
    QualificationItem,
    WorkerQualification,
)
from tasks_app.pseudonyms import pseudonym
from tasks_app.services import assignment as work
from tasks_app.services import attempts
from tasks_app.services import qualification as service
from tests.tasks_app.conftest import CHOICE, add_items, make_project, post, publish
from tests.tasks_app.test_claim_concurrency import at_once

TRUTH = ["refund", "delivery", "refund", "delivery"]


def question(n, part="exam"):
    text = f"Question {n} about {TRUTH[n % 4]}"
    return {"part": part, "text": text, "answer": {"intent": TRUTH[n % 4]}, "explanation": f"Why {n}"}


@pytest.fixture
def exam(owner):
    return service.define_qualification(
        owner=owner,
        title="Intents",
        kind="exam",
        fields=CHOICE,
        items=[question(n) for n in range(4)] + [question(n, "training") for n in range(2)],
        pass_mark=0.75,
        items_per_attempt=4,
    )


@pytest.fixture
def gated(owner, exam):
    project = make_project(owner, qualification={"requires": [str(exam.pk)]}, overlap_min=4, overlap_max=4)
    add_items(project, 6)
    return publish(project)


def right(pk):
    return QualificationItem.objects.get(pk=pk).answer


def wrong(pk):
    return {"intent": "refund" if right(pk)["intent"] == "delivery" else "delivery"}


def sit(exam, worker, mistakes=0):
    attempt = attempts.start_attempt(qualification=exam, worker=worker)
    for n, pk in enumerate(attempt.items):
        attempts.answer_item(attempt=attempt, item_id=pk, answer=wrong(pk) if n < mistakes else right(pk))
    attempt.refresh_from_db()
    return attempt


def test_passing_opens_the_project(gated, exam, annotator, sign_in):
    with pytest.raises(DomainError) as refused:
        work.claim_items(project=gated, worker=annotator)
    assert refused.value.extra["qualifications"][0]["url"] == f"/qualifications/{exam.pk}/"
    attempt = sit(exam, annotator, mistakes=1)
    assert (attempt.state, attempt.score) == ("passed", 0.75)
    assert len(work.claim_items(project=gated, worker=annotator)) == 1
    assert Notification.objects.filter(user=annotator, kind="qualification_held").count() == 1


def test_failing_means_waiting(gated, exam, annotator, sign_in):
    assert sit(exam, annotator, mistakes=2).state == "failed"
    client = sign_in(annotator)
    refused = post(client, f"qualifications/{exam.pk}/start")
    assert (refused.status_code, refused.json()["code"]) == (409, "retry_later")
    assert refused.json()["retry_at"]
    QualificationAttempt.objects.update(finished_at=timezone.now() - timedelta(days=2))
    assert post(client, f"qualifications/{exam.pk}/start").status_code == 201


def test_an_exam_never_sends_what_is_right(gated, exam, annotator, sign_in):
    client = sign_in(annotator)
    sent = post(client, f"qualifications/{exam.pk}/start")
    assert sent.status_code == 201
    attempt = sent.json()
    bodies = [sent.content, client.get(f"/api/v1/qualifications/{exam.pk}").content]
    for item in attempt["items"]:
        assert set(item) == {"id", "text", "answered"}
        answer = {"item": item["id"], "answer": {"intent": "refund"}}
        kept = post(client, f"attempts/{attempt['id']}/answers", answer)
        assert kept.json() == {"item": item["id"]}
        bodies.append(client.get(f"/api/v1/attempts/{attempt['id']}").content)
    assert not any(b"explanation" in body or b"Why" in body for body in bodies)
    result = client.get(f"/api/v1/attempts/{attempt['id']}").json()
    assert (result["state"], result["score"]) == ("failed", 0.5)


def test_an_attempt_survives_a_reload(gated, exam, annotator, sign_in):
    client = sign_in(annotator)
    first = post(client, f"qualifications/{exam.pk}/start").json()
    item = first["items"][2]["id"]
    post(client, f"attempts/{first['id']}/answers", {"item": item, "answer": {"intent": "refund"}})
    again = post(client, f"qualifications/{exam.pk}/start").json()
    assert [one["id"] for one in again["items"]] == [one["id"] for one in first["items"]]
    assert [one["answered"] for one in again["items"]] == [False, False, True, False]
    twice = {"item": item, "answer": {"intent": "delivery"}}
    assert post(client, f"attempts/{first['id']}/answers", twice).json()["code"] == "already_answered"


def test_when_the_time_is_up_what_was_answered_counts(exam, annotator):
    attempt = attempts.start_attempt(qualification=exam, worker=annotator)
    attempts.answer_item(attempt=attempt, item_id=attempt.items[0], answer=right(attempt.items[0]))
    over = timezone.now() - timedelta(minutes=5)
    QualificationAttempt.objects.update(expires_at=over)
    with pytest.raises(DomainError):
        attempts.start_attempt(qualification=exam, worker=annotator)
    attempt.refresh_from_db()
    done = attempts.up_to_date(attempt=attempt)
    assert (done.state, done.score, done.finished_at) == ("failed", 0.25, over)


def test_training_explains_after_each_answer(exam, gated, annotator, sign_in):
    client = sign_in(annotator)
    attempt = post(client, f"qualifications/{exam.pk}/start", {"part": "training"}).json()
    first = attempt["items"][0]["id"]
    answer = {"item": first, "answer": {"intent": "delivery"}}
    feedback = post(client, f"attempts/{attempt['id']}/answers", answer).json()["feedback"]
    assert feedback == {"score": 0.0, "answer": {"intent": "refund"}, "explanation": "Why 0"}
    assert not WorkerQualification.objects.exists()


def test_a_training_qualifies_where_that_is_its_kind(owner, annotator):
    items = [question(n, "training") for n in range(2)]
    row = service.define_qualification(owner=owner, title="T", kind="training", fields=CHOICE, items=items)
    attempt = attempts.start_attempt(qualification=row, worker=annotator, part="training")
    for pk in attempt.items:
        attempts.answer_item(attempt=attempt, item_id=pk, answer=wrong(pk))
    assert WorkerQualification.objects.get().source == "training"


def test_granted_and_taken_by_hand(gated, exam, owner, annotator, stranger, sign_in):
    client, path = sign_in(owner), f"qualifications/{exam.pk}"
    body = {"worker": annotator.email, "reason": "Known"}
    assert post(client, f"{path}/grant", body).status_code == 204
    assert post(client, f"{path}/grant", body).status_code == 204
    assert len(work.claim_items(project=gated, worker=annotator)) == 1
    [holder] = client.get(f"/api/v1/{path}/holders").json()["results"]
    assert (holder["worker"], holder["source"]) == (str(annotator.pk), "granted")
    assert post(client, f"{path}/revoke", {"worker": str(annotator.pk)}).status_code == 422
    gone = {"worker": str(annotator.pk), "reason": "Sold the account"}
    assert post(client, f"{path}/revoke", gone).status_code == 204
    assert post(client, f"{path}/revoke", gone).json()["code"] == "not_held"
    assert post(sign_in(annotator), f"{path}/start").json()["code"] == "revoked"
    for verb in ("grant", "revoke", "items:from-gold"):
        assert post(sign_in(stranger), f"{path}/{verb}", gone).status_code == 404
    assert sign_in(stranger).get(f"/api/v1/{path}/holders").status_code == 404


def test_who_earned_it_stays_unnamed_yet_can_lose_it_and_have_it_back(gated, exam, owner, annotator, sign_in):
    sit(exam, annotator)
    client, path = sign_in(owner), f"qualifications/{exam.pk}"
    [holder] = client.get(f"/api/v1/{path}/holders").json()["results"]
    assert (holder["worker"], holder["name"]) == (pseudonym(exam.pk, annotator.pk),) * 2
    page = client.get(f"/{path}/edit/").content.decode()
    assert holder["name"] in page
    for verb in ("revoke", "grant"):
        assert (
            post(client, f"{path}/{verb}", {"worker": holder["worker"], "reason": "Seen"}).status_code == 204
        )
    [again] = client.get(f"/api/v1/{path}/holders").json()["results"]
    assert (again["name"], again["source"], again["revoked_at"]) == (holder["name"], "exam", None)
    for text in (str(again), page):
        assert annotator.email not in text and str(annotator.pk) not in text
    assert len(work.claim_items(project=gated, worker=annotator)) == 1


def test_a_score_may_expire(exam, annotator):
    Qualification.objects.update(valid_for=3600)
    exam.refresh_from_db()
    sit(exam, annotator)
    held = WorkerQualification.objects.get()
    assert timedelta(minutes=59) < held.expires_at - timezone.now() <= timedelta(hours=1)
    WorkerQualification.objects.update(expires_at=timezone.now())
    assert attempts.start_attempt(qualification=exam, worker=annotator).state == "open"


def test_what_is_wrong_with_the_questions_comes_with_pointers(owner, sign_in):
    body = {
        "title": "Bad",
        "fields": CHOICE,
        "pass_mark": 2,
        "items": [question(0), {"text": "x", "answer": {"intent": "weather"}}, {"part": "quiz"}, 7],
    }
    answer = post(sign_in(owner), "qualifications", body)
    assert answer.status_code == 422
    assert {one["pointer"] for one in answer.json()["errors"]} >= {
        "/pass_mark",
        "/items/1/answer/intent",
        "/items/2/part",
        "/items/3",
    }
    assert not Qualification.objects.exists()


def test_gold_copied_into_a_test_is_not_met_again_as_hidden_gold(owner, annotator, sign_in):
    project = make_project(owner, gold_share=0.5, overlap_min=3)
    add_items(project, 8)
    add_items(project, 4, gold={"intent": "refund"}, start=100)
    publish(project)
    row = service.define_qualification(owner=owner, title="From gold", fields=CHOICE, items_per_attempt=0)
    added = post(sign_in(owner), f"qualifications/{row.pk}/items:from-gold", {"project": str(project.pk)})
    assert added.json() == {"added": 4}
    sit(row, annotator)
    seen = set()
    while leases := work.claim_items(project=project, worker=annotator):
        seen |= {one.item_id for one in leases}
        Assignment.objects.update(state="submitted")
    gold = set(Item.objects.filter(gold__isnull=False).values_list("pk", flat=True))
    assert len(seen) == 8 and not seen & gold


def test_a_stranger_sees_nothing_of_an_attempt(exam, gated, annotator, stranger, sign_in):
    attempt = attempts.start_attempt(qualification=exam, worker=annotator)
    client = sign_in(stranger)
    assert client.get(f"/api/v1/attempts/{attempt.pk}").status_code == 404
    assert post(client, f"attempts/{attempt.pk}/hand-in").status_code == 404


def test_a_qualification_that_nobody_asks_for_is_seen_by_its_owner_only(exam, annotator, owner, sign_in):
    assert sign_in(annotator).get(f"/api/v1/qualifications/{exam.pk}").status_code == 404
    assert sign_in(owner).get(f"/api/v1/qualifications/{exam.pk}").json()["items"][0]["answer"]


@pytest.mark.django_db(transaction=True)
def test_of_many_starts_at_the_same_moment_there_is_one_attempt(exam, annotator):
    found = at_once([lambda: attempts.start_attempt(qualification=exam, worker=annotator).pk] * 12)
    assert len(set(found)) == 1
    assert QualificationAttempt.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_no_start_slips_past_a_failed_hand_in(exam, annotator):
    """Whoever starts while a hand-in fails gets the old attempt or has to wait, never a second attempt."""

    def start():
        try:
            return attempts.start_attempt(qualification=exam, worker=annotator).pk
        except DomainError as refused:
            return refused.code

    for _round in range(6):
        attempt = attempts.start_attempt(qualification=exam, worker=annotator)
        at_once([lambda attempt=attempt: attempts.hand_in(attempt=attempt), start, start, start, start])
        assert not QualificationAttempt.objects.filter(state="open").exists()
        assert QualificationAttempt.objects.count() == 1
        QualificationAttempt.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_answers_at_the_same_moment_are_all_kept_and_end_the_exam_once(exam, annotator):
    attempt = attempts.start_attempt(qualification=exam, worker=annotator)
    at_once(
        [
            lambda pk=pk: attempts.answer_item(attempt=attempt, item_id=pk, answer=right(pk))
            for pk in attempt.items * 3
        ]
    )
    attempt.refresh_from_db()
    assert (attempt.state, len(attempt.answers), attempt.score) == ("passed", 4, 1.0)
    assert WorkerQualification.objects.count() == 1
    assert Notification.objects.filter(kind="qualification_held").count() == 1
