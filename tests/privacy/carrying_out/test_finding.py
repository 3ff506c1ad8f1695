"""Whose request it is: found by values or by the desk, and nobody else's data is touched."""

import json

import pytest
from django.test import Client

from accounts.models import Notification, User
from common.errors import Invalid
from privacy import carrying_out, links
from privacy.carrying_out import carry_out_waiting
from privacy.holders import Obstacle
from privacy.services import deciding, requests
from privacy.services.requests import verify_by_link
from privacy.services.subjects import find_subjects
from privacy.services.vault import reveal
from tests.factories import client_of, make_user
from tests.privacy.carrying_out.conftest import PASSWORD, erase, fresh, zip_of
from tests.privacy.conftest import item, load

pytestmark = pytest.mark.django_db


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


def test_a_link_that_is_opened_after_work_was_done_says_so(shelf, monkeypatch):
    row = requests.open_for_account(user=make_user("anna"), kind="erasure")
    owed = Obstacle("earnings", "You have $3.00 to be paid out.", waivable=True)
    monkeypatch.setattr("privacy.holders._obstacle_sources", [lambda subject: [owed]])
    page = Client().post(f"/privacy/verify/{links.token_of(row, links.VERIFY)}/")
    assert page.status_code == 409 and "$3.00" in page.text
    assert fresh(row).state == "received"
