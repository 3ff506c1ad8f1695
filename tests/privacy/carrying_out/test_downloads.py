"""A confirmed request for one's data: what is in the download, and who gets it for how long."""

import json
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from accounts.models import Notification
from privacy import links, packaging
from privacy.carrying_out import carry_out_waiting
from privacy.models import AccessPackage
from privacy.services import deciding, requests
from privacy.services.requests import verify_by_link
from tests.factories import client_of
from tests.privacy.carrying_out.conftest import zip_of
from tests.privacy.conftest import item, load

pytestmark = pytest.mark.django_db


def test_the_zip_has_json_and_pages_in_both_languages(anna):
    row = requests.open_for_account(user=anna, kind="access")
    assert carry_out_waiting() == 1
    row.refresh_from_db()
    assert (row.state, row.progress) == ("closed", 100)
    archive = zip_of(client_of(anna).get(f"/api/v1/privacy/requests/{row.pk}/download"))
    notes = json.loads(archive.read("data/shelf_notes.json"))
    assert [note["text"] for note in notes] == ["note 0 便条", "note 1 便条", "note 2 便条"]
    assert json.loads(archive.read("data/account.json"))[0]["email"] == anna.email
    for folder, words in (("en", "Everything that is held"), ("zh", 'lang="zh-hans"')):
        assert words in archive.read(f"{folder}/index.html").decode()
        assert "note 2 便条" in archive.read(f"{folder}/shelf_notes.html").decode()
    index = archive.read("en/index.html").decode()
    assert "To remember." in index and "Your rights" in index and "until it is erased" in index
    assert "about Ben" not in "".join(archive.read(name).decode() for name in archive.namelist())
    # No mail of the notification: the request has one of its own.
    assert Notification.objects.get(user=anna, mail_due_at=None).kind == "subject_request_closed"


def test_what_somebody_wrote_is_no_markup_in_the_pages(anna, shelf):
    shelf.notes.append((anna.pk, {"<b>": "<script>alert(1)</script>"}))
    row = requests.open_for_account(user=anna, kind="access")
    carry_out_waiting()
    page = zip_of(client_of(anna).get(f"/api/v1/privacy/requests/{row.pk}/download")).read(
        "en/shelf_notes.html"
    )
    assert b"<script>" not in page and b"&lt;script&gt;" in page


def test_the_file_is_sealed_and_the_subjects_alone(anna, admin):
    row = requests.open_for_account(user=anna, kind="access")
    carry_out_waiting()
    package = AccessPackage.objects.get()
    with default_storage.open(package.file) as file:
        stored = file.read()
    assert stored[:2] != b"PK" and anna.email.encode() not in stored
    browser = Client()
    browser.force_login(admin)
    assert browser.get(f"/privacy/requests/{row.pk}/download/").status_code == 404
    assert client_of(admin).get(f"/api/v1/privacy/requests/{row.pk}/download").status_code == 404
    # Nor with the key of somebody else's request beside it.
    other = requests.open_for_address(address="x@example.org", kind="access")
    key = {"X-Request-Key": links.token_of(other, links.SEE)}
    path = f"/api/v1/privacy/requests/{row.pk}/download"
    assert client_of(admin).get(path, headers=key).status_code == 404
    browser.force_login(anna)
    assert browser.get(f"/privacy/requests/{row.pk}/download/").status_code == 200


def test_after_seven_days_the_download_is_gone(anna):
    row = requests.open_for_account(user=anna, kind="access")
    carry_out_waiting()
    package = AccessPackage.objects.get()
    assert package.expires_at - timezone.now() > timedelta(days=6, hours=23)
    assert packaging.delete_expired_packages() == 0
    AccessPackage.objects.update(expires_at=timezone.now())
    assert packaging.delete_expired_packages() == 1
    package.refresh_from_db()
    assert package.sealed_key is None and not default_storage.exists(package.file)
    assert client_of(anna).get(f"/api/v1/privacy/requests/{row.pk}/download").status_code == 404


def test_my_data_export_is_made_and_then_given_out(anna):
    asked = client_of(anna).get("/api/v1/me/data-export")
    assert (asked.status_code, asked.json()["state"]) == (202, "working")
    assert client_of(anna).get("/api/v1/me/data-export").json()["id"] == asked.json()["id"]
    carry_out_waiting()
    assert "data/account.json" in zip_of(client_of(anna).get("/api/v1/me/data-export")).namelist()


def test_a_person_in_dialogues_gets_the_download_by_a_link(project, vault_key, admin, mailoutbox, shelf):
    load(project, {"id": "a1", "text": "I am anna.smith@example.com, where is my parcel?"})
    shelf.notes.append((item("a1").pk, {"text": "a dialogue"}))
    row = requests.open_for_address(address="anna.smith@example.com", kind="access", language="zh-hans")
    verify_by_link(request=row)
    deciding.confirm_request(request=row, actor=admin)
    carry_out_waiting()
    [link] = [word for word in mailoutbox[-1].body.split() if "/privacy/r/" in word]
    path = link.partition("8000")[2]
    assert "下载" in Client().get(path, headers={"Accept-Language": "zh-Hans"}).text
    archive = zip_of(Client().get(f"{path}download/"))
    assert json.loads(archive.read("data/shelf_notes.json")) == [{"text": "a dialogue"}]
    row.refresh_from_db()
    assert row.sealed is None
