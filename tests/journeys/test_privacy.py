"""A person gets a copy and erases the account; somebody without one asks by mail; the desk decides."""

import json
import re
import zipfile
from pathlib import Path

import pytest
from django.core import mail
from django.core.cache import cache
from playwright.sync_api import Page, expect

from accounts.models import User
from privacy.carrying_out import carry_out_waiting
from privacy.models import SubjectRequest
from tests.factories import make_user
from tests.journeys.conftest import Visits
from tests.journeys.rows import dialogues
from tests.privacy.conftest import load

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"


@pytest.fixture
def anna(db: None) -> User:
    cache.clear()
    user = make_user("anna")
    user.set_password(PASSWORD)
    user.save()
    return user


def link_in(message: mail.EmailMessage, site: str) -> str:
    found = re.search(r"http://\S+", str(message.body))
    assert found
    return site + found.group().partition("8000")[2]


def test_a_copy_and_then_the_end_of_an_account(visit: Visits, anna: User, tmp_path: Path) -> None:
    page = visit("/", anna)
    page.get_by_label("Account").click()
    page.get_by_role("link", name="Privacy", exact=True).click()
    expect(page.get_by_role("cell", name=re.compile("Your account"))).to_be_visible()
    page.get_by_role("button", name="Make my download").click()
    with page.expect_download() as started:
        page.get_by_role("link", name="Download").click()
    started.value.save_as(tmp_path / "mine.zip")
    [account] = json.loads(zipfile.ZipFile(tmp_path / "mine.zip").read("data/account.json"))
    assert account["email"] == anna.email
    page.goto(f"{visit.site}/privacy/")
    page.get_by_role("link", name="Erase…").click()
    page.get_by_label("Your password").fill("wrong")
    erase(page)
    expect(page.get_by_text("This is not your password.")).to_be_visible()
    visit.expect("422")
    page.get_by_label("Your password").fill(PASSWORD)
    erase(page)
    page.wait_for_load_state()
    anna.refresh_from_db()
    assert not anna.is_active and anna.email.endswith("erased.invalid")
    check_certificate(visit, mail.outbox[-1])


def erase(page: Page) -> None:
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Erase my account for good").click()


def check_certificate(visit: Visits, message: mail.EmailMessage) -> None:
    page = visit(link_in(message, visit.site).removeprefix(visit.site))
    text = page.request.get(f"{page.url}certificate.json").text()
    page.get_by_role("link", name="Certificate").click()
    expect(page.get_by_role("heading", name="Certificate of erasure")).to_be_visible()
    visit.keep(page, "privacy-certificate")
    page.get_by_role("link", name="Check a certificate").click()
    page.get_by_label("The certificate's text").fill(text)
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("It is genuine.")).to_be_visible()
    page.get_by_label("The certificate's text").fill(text.replace('"residue": 0', '"residue": 1'))
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("It is not valid.")).to_be_visible()


def test_a_customer_asks_by_mail_and_the_desk_erases(visit: Visits, anna: User, admin: User) -> None:
    project = dialogues(1, owner=make_user("owner"), title="Chats")
    load(project, {"id": "d1", "text": "I am maria.jensen@example.com, where is my parcel?"})
    page = visit("/")
    page.get_by_role("link", name="Your data").click()
    page.get_by_label("What do you ask for?").select_option("erasure")
    page.get_by_label("E-mail address").fill("maria.jensen@example.com")
    page.get_by_role("button", name="Send me the link").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
    page.goto(link_in(mail.outbox[-1], visit.site))
    page.get_by_role("button", name="Yes, it was me").click()
    expect(page.get_by_text("identity verified")).to_be_visible()
    desk = visit("/privacy/desk/", admin)
    desk.locator("section", has_text="Open requests").get_by_role("link", name="Erasure").first.click()
    expect(desk.get_by_text("Found in 1 item.")).to_be_visible()
    expect(desk.get_by_text("maria.jensen@example.com")).to_be_visible()
    visit.keep(desk, "privacy-desk-preview")
    desk.once("dialog", lambda dialog: dialog.accept())
    desk.get_by_role("button", name="Erase", exact=True).click()
    desk.get_by_role("link", name="Certificate").wait_for()
    expect(desk.get_by_role("main")).not_to_contain_text("maria.jensen")
    row = SubjectRequest.objects.latest("id")
    assert (row.state, row.sealed, carry_out_waiting()) == ("closed", None, 0)
    assert mail.outbox[-1].to == ["maria.jensen@example.com"]
    page.reload()
    expect(page.get_by_text("closed")).to_be_visible()
