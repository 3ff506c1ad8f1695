import threading

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from accounts.models import User
from accounts.services.tokens import create_token
from common.errors import Conflict, Invalid
from privacy.models import ConsentRecord
from privacy.services import consents, notices
from rewards.models import Recognition
from rewards.services.recognition import leaderboard
from tests.factories import client_of, make_items, make_project, make_user

Purpose, How = consents.Purpose, consents.How


@pytest.fixture
def published(admin, controller):
    return notices.publish_notices(actor=admin.pk)


def say(user, given, purpose=Purpose.TRAINING, how=How.PAGE):
    return consents.record_consent(user=user, purpose=purpose, given=given, how=how)


def test_a_consent_names_version_hash_time_and_way(annotator, published):
    row = say(annotator, True)
    text = notices.current_text(regime="gdpr", language="en")
    assert (row.number, row.sha256, row.regime, row.language) == (1, text.sha256, "gdpr", "en")
    assert row.how == "page" and row.at and "used to train models" in row.statement


def test_taking_back_adds_a_record_and_the_last_word_counts(annotator):
    say(annotator, True)
    say(annotator, False)
    assert consents.history_of(annotator.pk).count() == 2
    assert not consents.has_agreed(annotator.pk, Purpose.TRAINING)
    say(annotator, True)
    assert consents.has_agreed(annotator.pk, Purpose.TRAINING)


def test_the_same_word_again_is_one_record(annotator):
    assert say(annotator, True).pk == say(annotator, True).pk


@pytest.mark.parametrize("purpose", [Purpose.NOTICE, Purpose.AGE])
def test_what_the_account_rests_on_is_not_taken_back_alone(annotator, purpose):
    with pytest.raises(Invalid):
        say(annotator, False, purpose)


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows.update(given=False),
        lambda rows: rows.delete(),
        lambda rows: rows.update(person=None),
    ],
)
def test_the_database_refuses_to_change_a_record(annotator, change):
    say(annotator, True)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change(ConsentRecord.objects.all())


@pytest.mark.django_db(transaction=True)
def test_the_same_word_twice_at_the_same_moment_is_one_record(annotator):
    start = threading.Barrier(6)

    def agree():
        start.wait()
        try:
            say(annotator, True)
        finally:
            connection.close()

    threads = [threading.Thread(target=agree) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ConsentRecord.objects.count() == 1


def test_a_new_version_is_read_before_a_page_opens(client, annotator, published):
    client.force_login(annotator)
    led = client.get("/earnings/?x=1")
    assert led["Location"] == "/privacy/notice/seen/?next=%2Fearnings%2F%3Fx%3D1"
    assert "There is a new privacy notice" in client.get(led["Location"]).text
    back = client.post("/privacy/notice/seen/", {"number": "1", "next": "/earnings/?x=1"})
    assert back["Location"] == "/earnings/?x=1"
    assert client.get("/earnings/").status_code == 200
    row = ConsentRecord.objects.get(person=annotator.pk)
    assert (row.purpose, row.number, row.how) == ("notice", 1, "page")


def test_it_never_leads_to_another_host(client, annotator, published):
    client.force_login(annotator)
    sent = {"number": "1", "next": "https://evil.example/"}
    assert client.post("/privacy/notice/seen/", sent)["Location"] == "/"


def test_an_older_version_than_the_latest_is_not_enough(annotator, admin, published):
    notices.save_draft(regime="gdpr", language="en", body="New.", actor=admin.pk)
    notices.publish_notices(actor=admin.pk)
    with pytest.raises(Conflict):
        consents.acknowledge_notice(user=annotator, number=1, how=How.PAGE)
    annotator.refresh_from_db()
    assert annotator.notice_seen == 0


def test_the_api_says_what_to_read_and_goes_on_afterwards(annotator, published):
    api = client_of(annotator)
    refused = api.get("/api/v1/catalogue")
    assert refused.status_code == 403
    assert refused.json()["code"] == "notice_required"
    assert (refused.json()["notice"], refused.json()["read"]) == (1, "/privacy/notice/seen/")
    assert api.get("/api/v1/privacy/notice").json()["to_read"] is True
    assert api.get("/api/v1/me/data-export").status_code == 202  # a right waits for no notice
    assert api.post("/api/v1/privacy/consents", {"purpose": "notice", "given": True}).status_code == 422
    said = api.post("/api/v1/privacy/consents", {"purpose": "notice", "given": True, "number": 1})
    assert said.status_code == 201 and said.json()["how"] == "api"
    assert api.get("/api/v1/catalogue").status_code == 200


def test_work_that_was_begun_is_submitted_under_the_old_notice(admin, annotator, controller):
    project = make_project()
    make_items(project, 2)
    api = client_of(annotator)
    claimed = api.post(f"/api/v1/projects/{project.pk}/claim", {"count": 1}).json()["assignments"][0]
    notices.publish_notices(actor=admin.pk)
    notices.forget_number()
    sent = {"answer": {"intent": "refund"}, "seconds": 3}
    assert api.post(f"/api/v1/assignments/{claimed['id']}/submit", sent).status_code == 201
    assert api.post(f"/api/v1/projects/{project.pk}/claim", {"count": 1}).status_code == 403


def test_what_a_form_holds_is_not_lost_to_a_new_notice(client, annotator, published):
    client.force_login(annotator)
    sent = {"listing": "nickname", "nickname": "quick fox 7", "time_zone": "UTC"}
    client.post("/recognition/", sent)
    assert Recognition.objects.get(user=annotator.pk).nickname == "quick fox 7"


def test_a_program_that_only_asks_models_goes_on(annotator, published):
    _token, text = create_token(user=annotator, scopes=["predict"])
    asked = Client().post(
        "/api/v1/models/none/predict", "{}", "application/json", headers={"Authorization": f"Token {text}"}
    )
    assert asked.status_code == 422  # what was sent is wrong; but it is not 403


def test_on_a_page_taking_back_is_as_easy_as_giving(client, annotator):
    client.force_login(annotator)
    for word in ("yes", "no"):
        client.post("/privacy/consents/say/", {"purpose": "marketing", "given": word, "next": "/settings/"})
    assert not consents.has_agreed(annotator.pk, Purpose.MARKETING)
    page = client.get("/privacy/consents/").text
    assert "taken back" in page and "told by e-mail" in page
    assert client.post("/privacy/consents/say/", {"purpose": "age", "given": "no"}).status_code == 404


def test_by_rest_as_well(annotator):
    api = client_of(annotator)
    api.post("/api/v1/privacy/consents", {"purpose": "training", "given": True})
    api.post("/api/v1/privacy/consents", {"purpose": "training", "given": False})
    body = api.get("/api/v1/privacy/consents").json()
    assert [one["given"] for one in body["history"]] == [False, True]
    assert {one["purpose"]: one["given"] for one in body["consents"]} == {
        "training": False, "leaderboard": None, "marketing": None,
    }  # fmt: skip


def test_nobody_sees_the_consents_of_others(client, annotator):
    say(annotator, True)
    client.force_login(make_user("bob"))
    assert "Nothing is on record yet" in client.get("/privacy/consents/").text


def test_who_refuses_is_not_on_the_leaderboard(annotator):
    Recognition.objects.create(user=annotator.pk, points=5, recent_points=5)
    assert len(leaderboard(annotator.pk)) == 1
    say(annotator, False, Purpose.LEADERBOARD)
    assert leaderboard(annotator.pk) == []
    say(annotator, True, Purpose.LEADERBOARD)
    assert len(leaderboard(annotator.pk)) == 1


def test_whose_answers_are_left_out(settings, annotator):
    silent, yes = make_user("silent"), make_user("yes")
    imported = User.objects.create(email="w@imported.invalid", imported=True, is_active=False)
    say(annotator, True)
    say(annotator, False)
    say(yes, True)
    people = {annotator.pk, silent.pk, yes.pk, imported.pk}
    assert consents.people_left_out(people) == {annotator.pk}
    settings.ANSWERS_NEED_CONSENT = True
    assert consents.people_left_out(people) == {annotator.pk, silent.pk}
