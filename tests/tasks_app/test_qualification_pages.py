"""The pages of qualifications, for whoever takes one and whoever makes one."""

import json

import pytest

from tasks_app.models import Qualification, QualificationAttempt, WorkerQualification
from tasks_app.services import attempts
from tasks_app.services import qualification as service
from tests.tasks_app.conftest import CHOICE, add_items, make_project, publish
from tests.tasks_app.test_qualification import exam, gated, question, right, sit

__all__ = ["exam", "gated"]


def test_a_person_finds_the_test_takes_it_and_sees_how_it_went(gated, exam, annotator, sign_in):
    client = sign_in(annotator)
    assert f"/qualifications/{exam.pk}/" in client.get("/catalogue/").content.decode()
    assert exam.title in client.get("/qualifications/").content.decode()
    assert "Start the exam" in client.get(f"/qualifications/{exam.pk}/").content.decode()
    response = client.post(f"/qualifications/{exam.pk}/start/")
    attempt = QualificationAttempt.objects.get()
    assert response["Location"] == f"/qualifications/attempts/{attempt.pk}/"
    page = client.get(response["Location"])
    assert page.context["config"]["urls"]["api"] == f"/api/v1/attempts/{attempt.pk}"
    assert b"explanation" not in page.content.replace(b'data-piece="explanation"', b"")
    for pk in attempt.items:
        attempts.answer_item(attempt=attempt, item_id=pk, answer=right(pk))
    assert "Passed." in client.get(response["Location"]).content.decode()


def test_the_workbench_gets_the_questions_and_nothing_more(gated, exam, annotator, sign_in):
    client = sign_in(annotator)
    client.post(f"/qualifications/{exam.pk}/start/")
    attempt = QualificationAttempt.objects.get()
    base = f"/api/v1/attempts/{attempt.pk}"
    claim = client.post(f"{base}/projects/{attempt.pk}/claim", "{}", content_type="application/json")
    lent = claim.json()["assignments"]
    assert len(lent) == 4
    assert {tuple(sorted(one["item"])) for one in lent} == {("id", "text")}
    body = json.dumps({"answer": right(lent[0]["id"]), "seconds": 3, "edits": []})
    path = f"{base}/assignments/{lent[0]['id']}"
    sent = client.post(f"{path}/submit", body, content_type="application/json")
    assert sent.json() == {"id": lent[0]["id"]}
    left = client.post(f"{base}/projects/{attempt.pk}/claim", "{}", content_type="application/json")
    assert len(left.json()["assignments"]) == 3
    refused = client.post(f"{path}/return", "{}", content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (409, "in_a_test")


def test_a_failed_person_is_told_when_to_come_back(gated, exam, annotator, sign_in):
    attempt = sit(exam, annotator, mistakes=4)
    page = sign_in(annotator).get(f"/qualifications/attempts/{attempt.pk}/").content.decode()
    assert "Not passed this time." in page and "Again from" in page


def test_a_requester_makes_a_qualification_and_gives_it(owner, annotator, sign_in):
    client = sign_in(owner)
    assert client.get("/qualifications/new/").status_code == 200
    form = {
        "title": "Intents",
        "kind": "exam",
        "pass_mark": "0.8",
        "items_per_attempt": "0",
        "time_limit": "600",
        "retry_delay": "60",
        "fields_json": json.dumps(CHOICE),
        "items_json": json.dumps([question(0), question(1, "training")]),
    }
    broken = client.post("/qualifications/new/", {**form, "items_json": '[{"text": "x"}]'})
    assert broken.status_code == 422 and "/items/0" in broken.content.decode()
    response = client.post("/qualifications/new/", form)
    row = Qualification.objects.get()
    assert response["Location"] == f"/qualifications/{row.pk}/edit/"
    assert row.items.count() == 2
    client.post(f"/qualifications/{row.pk}/holder/", {"worker": annotator.email, "grant": "1"})
    assert WorkerQualification.objects.get().worker == annotator
    assert annotator.email in client.get(f"/qualifications/{row.pk}/edit/").content.decode()
    gone = {"worker": annotator.email, "reason": "Copied", "revoke": "1"}
    client.post(f"/qualifications/{row.pk}/holder/", gone)
    assert WorkerQualification.objects.get().revoked_at


def test_saving_the_form_leaves_questions_from_gold_as_they_are(owner, sign_in):
    project = make_project(owner)
    add_items(project, 2)
    add_items(project, 2, gold={"intent": "refund"}, start=50)
    publish(project)
    row = service.define_qualification(owner=owner, title="Gold", fields=CHOICE)
    client = sign_in(owner)
    client.post(f"/qualifications/{row.pk}/gold/", {"project": str(project.pk), "part": "exam"})
    assert row.items.filter(source__isnull=False).count() == 2
    form = client.get(f"/qualifications/{row.pk}/edit/").context["form"]
    sent = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    assert client.post(f"/qualifications/{row.pk}/edit/", {**sent, "title": "Other"}).status_code == 302
    assert row.items.filter(source__isnull=False, retired_at=None).count() == 2
    row.refresh_from_db()
    assert row.title == "Other"


@pytest.mark.parametrize("page", ["edit/", "holder/", "gold/"])
def test_strangers_do_not_get_to_the_editor(exam, stranger, sign_in, page):
    client = sign_in(stranger)
    call = client.get if page == "edit/" else client.post
    assert call(f"/qualifications/{exam.pk}/{page}").status_code == 404
