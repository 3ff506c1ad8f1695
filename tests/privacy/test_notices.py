import hashlib
import threading

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from common.errors import Conflict, Invalid
from common.models import AuditEvent
from privacy import notice_facts
from privacy.models import NoticeDraft, NoticeVersion
from privacy.services import notices
from tests.factories import client_of

ALL = [(regime, language) for regime in ("gdpr", "ccpa", "pipl") for language in ("en", "zh-hans")]


@pytest.mark.parametrize(("regime", "language"), ALL)
@pytest.mark.django_db
def test_each_template_is_filled_whole(controller, regime, language):
    text = notices.current_text(regime=regime, language=language).text
    assert "{{" not in text and "is not set" not in text and "没有设置" not in text
    assert "Example Ltd" in text and "privacy@example.org" in text and "16" in text
    assert text.count("\n## ") >= 9
    chinese = sum("\u4e00" <= letter <= "\u9fff" for letter in text)
    assert chinese > 500 if language == "zh-hans" else chinese == 0


@pytest.mark.django_db
def test_what_is_configured_stands_in_the_notice(controller, settings):
    settings.EMAIL_HOST, settings.HUB_TOKEN, settings.MINIMUM_AGE = "mail.example.org", "secret", 18
    settings.DATA_LOCATION = "Data is stored in Finland."
    text = notices.current_text(regime="gdpr", language="en").text
    assert "mail.example.org" in text and "model hub" in text and "stored in Finland" in text
    assert "at least 18" in text and "secret" not in text


def test_publishing_needs_to_say_who_is_responsible(admin):
    with pytest.raises(Conflict, match="CONTROLLER_NAME"):
        notices.publish_notices(actor=admin.pk)
    assert not NoticeVersion.objects.exists()


def test_a_version_has_all_texts_under_one_number_with_their_hashes(admin, controller):
    assert notices.publish_notices(actor=admin.pk) == 1
    rows = NoticeVersion.objects.all()
    assert {(row.regime, row.language) for row in rows} == set(ALL)
    for row in rows:
        assert row.number == 1 and row.sha256 == hashlib.sha256(row.text.encode()).hexdigest()
    assert AuditEvent.objects.filter(action="notice.published").count() == 6


def test_publishing_again_needs_a_change(admin, controller):
    notices.publish_notices(actor=admin.pk)
    with pytest.raises(Conflict, match="Nothing has changed"):
        notices.publish_notices(actor=admin.pk)
    notices.save_draft(regime="gdpr", language="en", body="New words of {{ controller }}.", actor=admin.pk)
    assert notices.publish_notices(actor=admin.pk, after=1) == 2
    assert notices.current_text(regime="gdpr", language="en").text == "New words of Example Ltd."


def test_two_administrators_do_not_publish_over_each_other(admin, controller):
    notices.publish_notices(actor=admin.pk, after=0)
    notices.save_draft(regime="gdpr", language="en", body="Other words.", actor=admin.pk)
    with pytest.raises(Conflict, match="meanwhile"):
        notices.publish_notices(actor=admin.pk, after=0)


@pytest.mark.django_db(transaction=True)
def test_published_at_the_same_moment_there_is_one_version(controller, admin):
    outcomes = []
    start = threading.Barrier(4)

    def publish():
        start.wait()
        try:
            outcomes.append(notices.publish_notices(actor=admin.pk))
        except Conflict as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=publish) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == ["1", "nothing_changed", "nothing_changed", "nothing_changed"]
    assert NoticeVersion.objects.count() == 6


@pytest.mark.parametrize("change", [lambda rows: rows.update(text="x"), lambda rows: rows.delete()])
def test_the_database_refuses_to_change_a_version(admin, controller, change):
    notices.publish_notices(actor=admin.pk)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change(NoticeVersion.objects.filter(number=1))


def test_unknown_variables_are_refused(admin):
    with pytest.raises(Invalid, match="passport"):
        notices.save_draft(regime="gdpr", language="en", body="{{ passport }}", actor=admin.pk)
    assert not NoticeDraft.objects.exists()
    assert notice_facts.fill("no variable, 100 %", "en") == "no variable, 100 %"


def test_anybody_reads_the_notice_in_both_languages(client, db, controller):
    english = client.get("/privacy/notice/?regime=ccpa")
    assert "California residents" in english.text and "ships" in english.text
    chinese = client.get("/privacy/notice/?regime=pipl", headers={"Accept-Language": "zh-hans"})
    assert "中华人民共和国个人信息保护法" in chinese.text
    body = client.get("/api/v1/privacy/notice?regime=pipl&language=zh-hans").json()
    assert body["number"] == 0 and body["sha256"] == hashlib.sha256(body["text"].encode()).hexdigest()
    assert client.get("/api/v1/privacy/notice?regime=none").status_code == 422


def test_earlier_versions_can_be_read_and_compared(client, admin, controller):
    notices.publish_notices(actor=admin.pk)
    notices.save_draft(regime="gdpr", language="en", body="Quite other words.", actor=admin.pk)
    client.force_login(admin)
    page = client.get("/privacy/notices/gdpr/en/compare/?from=1")
    assert "<ins>+ Quite other words.</ins>" in page.text and "<del>− # Privacy notice</del>" in page.text
    notices.publish_notices(actor=admin.pk)
    assert "It is no longer in force" in Client().get("/privacy/notice/?regime=gdpr&version=1").text
    assert Client().get("/privacy/notice/?regime=gdpr&version=9").status_code == 404


def test_an_administrator_edits_previews_and_publishes(client, admin, controller):
    client.force_login(admin)
    edit = "/privacy/notices/gdpr/en/"
    shown = client.post(edit, {"body": "# Words of {{ controller }}", "show": ""})
    assert "<h1>Words of Example Ltd</h1>" in shown.text and not NoticeDraft.objects.exists()
    assert client.post(edit, {"body": "{{ nothing }}", "keep": ""}).status_code == 422
    assert client.post(edit, {"body": "# Words of {{ controller }}", "keep": ""}).status_code == 302
    assert client.post("/privacy/notices/publish/", {"after": "0"}).status_code == 302
    assert NoticeVersion.objects.get(regime="gdpr", language="en").text == "# Words of Example Ltd"
    assert client.get("/privacy/notices/").status_code == 200


def test_the_desk_does_not_exist_for_others(client, annotator):
    client.force_login(annotator)
    for path in ("", "gdpr/en/", "gdpr/en/compare/"):
        assert client.get(f"/privacy/notices/{path}").status_code == 404
    assert client.post("/privacy/notices/publish/").status_code == 404
    api = client_of(annotator)
    assert api.post("/api/v1/privacy/notices").status_code == 404
    assert api.put("/api/v1/privacy/notice-drafts/gdpr/en", {"body": "x"}).status_code == 404


def test_rest_edits_and_publishes_once(admin, controller):
    api = client_of(admin)
    draft = "/api/v1/privacy/notice-drafts/gdpr/en"
    assert api.put(draft, {"body": "Short."}).json() == {"body": "Short."}
    first = api.post("/api/v1/privacy/notices", {"after": 0}, headers={"Idempotency-Key": "k"})
    again = api.post("/api/v1/privacy/notices", {"after": 0}, headers={"Idempotency-Key": "k"})
    assert first.json() == again.json() == {"number": 1}
    assert api.get("/api/v1/privacy/notices").json()["results"][0]["number"] == 1
