"""Restriction of processing, and opting out of sharing: until lifted, and of what comes later too."""

import pytest
from django.test import Client

from annotations.exporting.report import left_out
from annotations.exporting.rows import Export
from common.errors import Conflict
from privacy import sharing
from privacy.carrying_out import carry_out_waiting
from privacy.models import SharingOptOut
from privacy.particulars import Value
from privacy.services import deciding, requests
from privacy.services.requests import verify_by_link
from privacy.services.vault import reveal
from tests.factories import make_user
from tests.privacy.carrying_out.conftest import fresh
from tests.privacy.conftest import item, load
from training.preannotating import open_items

pytestmark = pytest.mark.django_db


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
