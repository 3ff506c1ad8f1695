"""A confirmed request for erasure: everything goes, and a certificate says so."""

import json
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from accounts.models import Notification, User
from privacy import holders, links
from privacy.carrying_out import carry_out_waiting
from privacy.holders import AffectedModel, Obstacle
from privacy.models import AccessPackage, Certificate, SharingOptOut, SubjectRequest
from privacy.particulars import digest_of
from privacy.services import deciding, requests
from privacy.services.certificates import verify_certificate
from tests.factories import make_user
from tests.privacy.carrying_out.conftest import PASSWORD, erase, fresh
from tests.privacy.holding import Shelf

pytestmark = pytest.mark.django_db


def test_an_erasure_takes_everything_and_closes_with_a_certificate(anna, shelf, mailoutbox, monkeypatch):
    models = [AffectedModel("intents", 3, "quarantine"), AffectedModel("intents", 2, "keep", "Art. 17(3)(d)")]
    monkeypatch.setattr(
        "privacy.holders._models_sources", [lambda subject: models if shelf.notes[1:] else []]
    )
    email = anna.email
    row = erase(anna)
    assert carry_out_waiting() == 1
    row.refresh_from_db()
    document = Certificate.objects.get(request=row).document
    assert row.state == "closed" and document["residue"] == 0
    assert document["erased"]["shelf"] == {"notes": 3} and document["erased"]["accounts"]["account"] == 1
    assert [one["action"] for one in document["models"]] == ["quarantine", "keep"]
    assert document["subject_digest"] == digest_of([str(anna.pk)])
    assert verify_certificate(json.dumps(document)).valid
    assert [note["text"] for _owner, note in shelf.notes] == ["about Ben"]
    assert not User.objects.filter(email=email).exists()
    # The answer went to the address that was known; nothing of it is left.
    assert mailoutbox[-1].to == [email]
    assert row.sealed is None and email not in json.dumps(document)
    [link] = [word for word in mailoutbox[-1].body.split() if "/privacy/r/" in word]
    page = Client().get(link.partition("8000")[2] + "certificate/")
    assert page.status_code == 200 and document["signature"] in page.text


def test_holders_erase_by_rank_in_one_transaction(anna, shelf, monkeypatch):
    """The second one fails: nothing of the first one holds, and the request says who failed and no name."""
    low = Shelf("low", rank=20)
    monkeypatch.setitem(holders._holders, "low", low)
    order = []
    shelf.after = lambda: (order.append("shelf"), User.objects.filter(pk=anna.pk).update(display_name="gone"))

    def fail():
        order.append("low")
        raise ValueError(f"no more of {anna.email}")

    low.after = fail
    row = erase(anna)
    assert carry_out_waiting() == 0
    row.refresh_from_db()
    anna.refresh_from_db()
    assert order == ["shelf", "low"] and anna.display_name != "gone"
    assert (row.state, row.problem, row.attempts) == ("working", "ValueError", 1)
    assert not Certificate.objects.exists()


def test_what_failed_is_tried_again_and_the_desk_is_told_in_the_end(anna, shelf, admin):
    shelf.after = lambda: 1 / 0
    row = erase(anna)
    for _n in range(7):
        carry_out_waiting()
        SubjectRequest.objects.update(tried_at=timezone.now() - timedelta(minutes=5))
    row.refresh_from_db()
    assert row.attempts == 5
    assert Notification.objects.get(user=admin).kind == "subject_request_stuck"
    shelf.after = None
    deciding.retry_request(request=row, actor=admin)
    assert carry_out_waiting() == 1
    row.refresh_from_db()
    assert row.state == "closed"


def test_residue_leaves_the_request_open_and_unsigned(anna, shelf):
    shelf.stubborn = 2
    row = erase(anna)
    carry_out_waiting()
    row.refresh_from_db()
    assert (row.state, row.problem) == ("working", "residue: shelf.notes: 2")
    assert not Certificate.objects.exists() and row.sealed is not None
    shelf.stubborn = 0
    SubjectRequest.objects.update(tried_at=None)
    carry_out_waiting()
    # What the first time took is counted, not what was left for the second.
    assert Certificate.objects.get().document["erased"]["shelf"] == {"notes": 3}


def test_other_requests_and_downloads_of_the_person_end_with_the_erasure(
    anna, django_capture_on_commit_callbacks
):
    requests.open_for_account(user=anna, kind="access")
    requests.open_for_account(user=anna, kind="opt_out")
    carry_out_waiting()
    requests.open_for_account(user=anna, kind="rectification", correction={"old": "a", "new": "b"})
    package = AccessPackage.objects.get()
    erase(anna)
    with django_capture_on_commit_callbacks(execute=True):
        carry_out_waiting()
    package.refresh_from_db()
    assert package.sealed_key is None and not default_storage.exists(package.file)
    assert not SharingOptOut.objects.exists()
    assert set(SubjectRequest.objects.values_list("kind", "state")) == {
        ("access", "closed"), ("opt_out", "closed"), ("rectification", "refused"), ("erasure", "closed"),
    }  # fmt: skip
    assert not SubjectRequest.objects.filter(sealed__isnull=False).exists()


def test_the_certificate_page_is_the_holders_of_its_link_or_the_desks(anna, admin):
    row = erase(anna)
    carry_out_waiting()
    browser = Client()
    assert browser.get(f"/privacy/requests/{row.pk}/certificate/").status_code == 302
    browser.force_login(make_user("stranger"))
    assert browser.get(f"/privacy/requests/{row.pk}/certificate/").status_code == 404
    browser.force_login(admin)
    assert browser.get(f"/privacy/requests/{row.pk}/certificate/").status_code == 200
    token = links.token_of(row, links.SEE)
    assert Client().get(f"/privacy/r/{token}/certificate.json").json()["type"].startswith("manyhands")


def test_what_was_earned_since_is_not_given_up_unasked(anna, shelf, monkeypatch):
    owed = Obstacle("earnings", "You have $3.00 to be paid out.", waivable=True)
    row = erase(anna)
    monkeypatch.setattr("privacy.holders._obstacle_sources", [lambda subject: [owed]])
    assert carry_out_waiting() == 0
    assert (fresh(row).problem, shelf.erasures) == ("to_be_settled", [])
    again = requests.open_for_account(
        user=anna, kind="erasure", password=PASSWORD, waive_earnings=True
    )  # said now, of the same request
    assert again.pk == row.pk and carry_out_waiting() == 1
