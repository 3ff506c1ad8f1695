"""From a confirmed request to its answer: download, erasure and certificate, restriction, opt-out."""

import io
import json
import threading
import zipfile
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Notification, User
from annotations.exporting.report import left_out
from annotations.exporting.rows import Export
from common.errors import Conflict, Invalid
from common.turns import turn
from privacy import carrying_out, holders, links, packaging, sharing
from privacy.carrying_out import carry_out_waiting
from privacy.holders import AffectedModel, Obstacle
from privacy.models import AccessPackage, Certificate, SharingOptOut, SubjectRequest
from privacy.particulars import Value, digest_of
from privacy.services import deciding, requests
from privacy.services.certificates import verify_certificate
from privacy.services.requests import verify_by_link
from privacy.services.subjects import find_subjects
from privacy.services.vault import reveal
from tests.factories import client_of, make_user
from tests.privacy.conftest import item, load
from tests.privacy.holding import Shelf
from training.preannotating import open_items

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture
def shelf(monkeypatch):
    """The only holder beside that of accounts and of requests."""
    shelf = Shelf()
    kept = {name: holders._holders[name] for name in ("accounts", "privacy_requests")}
    monkeypatch.setattr("privacy.holders._holders", {"shelf": shelf, **kept})
    return shelf


@pytest.fixture
def anna(shelf):
    user = make_user("anna")
    user.set_password(PASSWORD)
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, verified=True)
    shelf.notes += [(user.pk, {"text": f"note {n} 便条"}) for n in range(3)]
    shelf.notes.append((make_user("ben").pk, {"text": "about Ben"}))
    return user


def erase(user):
    return requests.open_for_account(user=user, kind="erasure", password=PASSWORD)


def zip_of(response):
    return zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))


# -- access and portability --------------------------------------------------------------------------------


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


# -- erasure -----------------------------------------------------------------------------------------------


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


def test_a_person_is_found_by_the_vault_and_looked_for_where_they_were(
    project, vault_key, admin, mailoutbox, shelf
):
    load(
        project,
        {"id": "a1", "text": "I am anna.smith@example.com, where is my parcel?"},
        {"id": "a2", "subject": "c-7", "text": "My mail is anna.smith@example.com."},
        {"id": "a3", "subject": "c-7", "text": "Ring me at +44 7700 900123 please."},
        {"id": "b1", "text": "I am bob.jones@example.org."},
    )
    shelf.notes += [(item(name).pk, {"text": name}) for name in ("a1", "a2", "a3", "b1")]
    row = requests.open_for_address(address="anna.smith@example.com", kind="erasure")
    verify_by_link(request=row)
    [customer] = [
        match.subject.pk for match in carrying_out.subject_search.matches_of(fresh(row))
        if match.subject.kind == "subject"
    ]  # fmt: skip
    deciding.confirm_request(request=row, actor=admin, subjects=[customer])
    carry_out_waiting()
    assert [note["text"] for _owner, note in shelf.notes] == ["b1"]
    assert fresh(row).state == "closed"


def fresh(row):
    return SubjectRequest.objects.get(pk=row.pk)


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


# -- two at once, and a killed worker ----------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_one_request_at_a_time_on_the_whole_site(anna, shelf):
    """While a worker erases, another one that is asked to leaves it all to the first."""
    erase(anna)
    others = []

    def other_worker():
        SubjectRequest.objects.update(tried_at=None)  # else the pause after a try would keep it away
        others.append(carry_out_waiting())
        connection.close()

    def meanwhile():
        shelf.after = None
        other = threading.Thread(target=other_worker)
        other.start()
        other.join(20)

    shelf.after = meanwhile
    assert carry_out_waiting() == 1
    assert others == [0] and len(shelf.erasures) == 1
    assert Certificate.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_after_the_commit_leaves_a_request_that_is_taken_up(anna, shelf, monkeypatch):
    class Killed(BaseException):
        """As if the process had ended."""

    def kill(*args, **options):
        raise Killed

    email = anna.email
    row = erase(anna)
    with monkeypatch.context() as patch:
        patch.setattr("privacy.erasing.residue_of", kill)
        with pytest.raises(Killed):
            carry_out_waiting()
    assert fresh(row).state == "working" and not Certificate.objects.exists()
    asked = []
    monkeypatch.setattr(shelf, "residue", lambda subject: asked.append(subject) or {})
    SubjectRequest.objects.update(tried_at=None)
    assert carry_out_waiting() == 1
    assert Certificate.objects.get().document["erased"]["shelf"] == {"notes": 3}
    # The account is empty by now, and still it is known what to look for.
    assert email in asked[0].values


@pytest.mark.django_db(transaction=True)
def test_the_turn_ends_with_its_worker(anna):
    erase(anna)
    with turn("privacy.requests"):
        done = []
        other = threading.Thread(target=lambda: (done.append(carry_out_waiting()), connection.close()))
        other.start()
        other.join()
        assert done == [0]
    assert carry_out_waiting() == 1


# -- restriction and opt-out -------------------------------------------------------------------------------


def test_a_restriction_holds_until_it_is_lifted(anna, shelf, mailoutbox):
    row = requests.open_for_account(user=anna, kind="restrict")
    carry_out_waiting()
    assert shelf.restricted == {anna.pk}
    anna.refresh_from_db()
    assert anna.restricted_at is not None and fresh(row).is_in_force
    assert fresh(row).sealed is not None  # it must be known what to lift
    browser = Client()
    browser.force_login(anna)
    assert "restricted" in browser.get("/privacy/").text
    browser.force_login(make_user("stranger"))
    assert browser.post(f"/privacy/requests/{row.pk}/lift/").status_code == 404
    browser.force_login(anna)
    browser.post(f"/privacy/requests/{row.pk}/lift/")
    carry_out_waiting()
    assert shelf.restricted == set() and fresh(row).sealed is None
    assert "lifted" in mailoutbox[-1].subject


def test_a_browsers_signal_is_an_opt_out_and_recorded_once(anna):
    browser = Client()
    browser.force_login(anna)
    browser.get("/privacy/")
    assert not SharingOptOut.objects.exists()
    for _n in range(2):
        page = browser.get("/privacy/", headers={"Sec-GPC": "1"})
    assert SharingOptOut.objects.get().source == "gpc" and "opted out" in page.text
    assert Client().get("/", headers={"Sec-GPC": "1"}).status_code == 200
    assert Client().get("/.well-known/gpc.json").json()["gpc"] is True


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


# -- found by search, and put right ------------------------------------------------------------------------


def test_a_person_in_the_clear_is_found_by_a_search_before_the_desk_looks(
    project, vault_key, admin, mailoutbox, shelf
):
    project.privacy_policy = "keep"
    project.save()
    load(project, {"id": "a1", "text": "I am anna.smith@example.com."}, {"id": "b1", "text": "I am Bob."})
    row = requests.open_for_address(address="anna.smith@example.com", kind="access")
    verify_by_link(request=row)
    assert carrying_out.subject_search.subject_of(fresh(row)).items == frozenset()
    carry_out_waiting()
    assert fresh(row).searched_at is not None and fresh(row).state == "verified"
    assert carrying_out.subject_search.subject_of(fresh(row)).items == {item("a1").pk}


def test_a_wrong_original_is_put_right_and_found_by_its_right_value(project, vault_key, admin, shelf):
    load(project, {"id": "a1", "text": "I am anna.smith@example.com."}, {"id": "b1", "text": "Hello there."})
    row = requests.open_for_address(
        address="anna.smith@example.com",
        kind="rectification",
        correction={"old": "anna.smith@example.com", "new": "anna.smyth@example.com"},
    )
    verify_by_link(request=row)
    deciding.complete_rectification(request=fresh(row), actor=admin, note="The address was misspelt.")
    assert fresh(row).outcome == {"originals_corrected": 1}
    [original] = reveal(item_id=item("a1").pk, actor=admin.pk, reason="To see that it was put right.")
    assert original["value"] == "anna.smyth@example.com"
    assert [len(find_subjects(values=[f"anna.{name}@example.com"])) for name in ("smith", "smyth")] == [0, 1]


# -- whose it is not ---------------------------------------------------------------------------------------


def test_who_signed_up_with_somebody_elses_address_gets_nothing_of_theirs(admin, shelf):
    """Nobody has shown to read that mailbox: neither listed nor ended are the requests that came from it."""
    theirs = requests.open_for_address(address="victim@example.org", kind="access")
    verify_by_link(request=theirs)
    squatter = User.objects.create(email="victim@example.org")
    squatter.set_password(PASSWORD)
    squatter.save()
    row = requests.open_for_account(user=squatter, kind="access")
    carry_out_waiting()
    shown = zip_of(client_of(squatter).get(f"/api/v1/privacy/requests/{row.pk}/download"))
    assert [one["id"] for one in json.loads(shown.read("data/privacy_requests.json"))] == [str(row.pk)]
    erase(squatter)
    carry_out_waiting()
    assert fresh(theirs).state == "verified" and fresh(theirs).sealed is not None


def test_a_mailed_link_shows_that_the_accounts_address_is_theirs(shelf):
    user = make_user("anna")
    row = requests.open_for_account(user=user, kind="erasure")
    verify_by_link(request=row)
    assert carrying_out.subject_search.subject_of(fresh(row)).values == (user.email,)


def test_an_address_in_very_many_dialogues_is_for_the_desk_to_look_at(
    project, vault_key, anna, admin, shelf, monkeypatch
):
    monkeypatch.setattr(carrying_out, "MOST_AT_ONCE", 1)
    load(project, *({"id": f"d{n}", "text": f"{n}: write to {anna.email} for help."} for n in range(2)))
    row = erase(anna)
    assert carry_out_waiting() == 0
    assert fresh(row).state == "verified" and shelf.erasures == []
    assert Notification.objects.filter(user=admin, kind="subject_request_received").exists()
    deciding.confirm_request(request=fresh(row), actor=admin)
    assert carry_out_waiting() == 1 and fresh(row).state == "closed"


def test_the_desk_cannot_choose_somebody_whom_the_values_do_not_name(project, vault_key, admin, shelf):
    load(project, {"id": "a1", "subject": "c-7", "text": "My mail is bob.jones@example.org."})
    row = requests.open_for_address(address="anna.smith@example.com", kind="erasure")
    verify_by_link(request=row)
    [bob] = find_subjects(values=["c-7"])
    with pytest.raises(Invalid):
        deciding.confirm_request(request=fresh(row), actor=admin, subjects=[bob.subject.pk])
    assert fresh(row).state == "verified"


# -- what was earned between the request and its end -------------------------------------------------------


def test_what_was_earned_since_is_not_given_up_unasked(anna, shelf, monkeypatch):
    owed = Obstacle("earnings", "You have 3.00 USD to be paid out.", waivable=True)
    row = erase(anna)
    monkeypatch.setattr("privacy.holders._obstacle_sources", [lambda subject: [owed]])
    assert carry_out_waiting() == 0
    assert (fresh(row).problem, shelf.erasures) == ("to_be_settled", [])
    again = requests.open_for_account(
        user=anna, kind="erasure", password=PASSWORD, waive_earnings=True
    )  # said now, of the same request
    assert again.pk == row.pk and carry_out_waiting() == 1


def test_a_link_that_is_opened_after_work_was_done_says_so(shelf, monkeypatch):
    row = requests.open_for_account(user=make_user("anna"), kind="erasure")
    owed = Obstacle("earnings", "You have 3.00 USD to be paid out.", waivable=True)
    monkeypatch.setattr("privacy.holders._obstacle_sources", [lambda subject: [owed]])
    page = Client().post(f"/privacy/verify/{links.token_of(row, links.VERIFY)}/")
    assert page.status_code == 409 and "3.00 USD" in page.text
    assert fresh(row).state == "received"


# -- opt-outs and restrictions of people in dialogues ------------------------------------------------------


def test_an_opt_out_covers_what_comes_in_later_of_the_same_person_and_nobody_else(
    project, vault_key, admin, shelf
):
    load(project, {"id": "a1", "subject": "c-7", "text": "My mail is anna.smith@example.com."})
    load(project, {"id": "b1", "subject": "c-8", "text": "My sister is anna.smith@example.com."})
    row = requests.open_for_address(
        address="anna.smith@example.com", kind="opt_out", values=[Value("customer_id", "c-7")]
    )
    verify_by_link(request=row)
    deciding.confirm_request(request=fresh(row), actor=admin, proof="The customer file was looked at.")
    carry_out_waiting()
    load(project, {"id": "a2", "subject": "c-7", "text": "Where is my parcel?"})
    load(project, {"id": "b2", "subject": "c-8", "text": "Where is mine?"})
    found = sharing.opted_out_items([item(name).pk for name in ("a1", "a2", "b1", "b2")])
    assert set(found) == {item("a1").pk, item("a2").pk, item("b1").pk}
    assert left_out(Export(project, "approved"))["opted_out"] == 3


def test_a_dialogue_stays_restricted_while_one_of_its_people_wants_it(project, vault_key, admin):
    load(project, {"id": "d1", "text": "I am anna.smith@example.com, he is bob.jones@example.org."})
    rows = []
    for address in ("anna.smith@example.com", "bob.jones@example.org"):
        rows.append(requests.open_for_address(address=address, kind="restrict"))
        verify_by_link(request=rows[-1])
        deciding.confirm_request(request=fresh(rows[-1]), actor=admin)
    carry_out_waiting()
    deciding.lift_restriction(request=fresh(rows[0]), actor=admin)
    assert item("d1").restricted
    deciding.lift_restriction(request=fresh(rows[1]), actor=admin)
    assert not item("d1").restricted


def test_what_comes_in_later_of_somebody_restricted_is_restricted(project, vault_key, admin):
    load(project, {"id": "a1", "subject": "c-7", "text": "My mail is anna.smith@example.com."})
    row = requests.open_for_address(
        address="anna.smith@example.com", kind="restrict", values=[Value("customer_id", "c-7")]
    )
    verify_by_link(request=row)
    deciding.confirm_request(request=fresh(row), actor=admin, proof="The customer file was looked at.")
    carry_out_waiting()
    load(
        project,
        {"id": "a2", "subject": "c-7", "text": "Call +44 7700 900123."},
        {"id": "b1", "text": "Hello."},
    )
    assert (item("a1").restricted, item("a2").restricted, item("b1").restricted) == (True, True, False)
    assert not open_items(project.pk).filter(pk=item("a2").pk).exists()
    with pytest.raises(Conflict):
        reveal(item_id=item("a2").pk, actor=admin.pk, reason="To see whether it is shown.")
    deciding.lift_restriction(request=fresh(row), actor=admin)
    assert not item("a2").restricted
