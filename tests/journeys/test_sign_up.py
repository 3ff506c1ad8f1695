"""Signing up in a browser: the notice, the age, a consent, and its withdrawal."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from privacy.models import ConsentRecord
from tests.journeys.conftest import Visits

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery staple"


def send(page: Page) -> None:
    page.locator("form.form .btn.primary").click()


def test_nobody_signs_up_without_notice_and_age(visit: Visits) -> None:
    page = visit("/accounts/signup/")
    page.get_by_label("Email").fill("newcomer@example.org")
    for name in ("password1", "password2"):
        page.locator(f"input[name={name}]").fill(PASSWORD)
    page.get_by_label("Where do you live?").select_option("ccpa")
    send(page)
    expect(page.get_by_text("You have to be at least 16 years old to work here.")).to_be_visible()
    expect(page.get_by_text("Read the privacy notice, and confirm it here.")).to_be_visible()
    assert not User.objects.filter(email="newcomer@example.org").exists()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open the notice").click()
    expect(opened.value.get_by_role("heading", name="Your rights")).to_be_visible()
    for name in ("password1", "password2"):
        page.locator(f"input[name={name}]").fill(PASSWORD)
    page.get_by_label("I am at least 16 years old.").check()
    page.get_by_label("I have read the privacy notice.").check()
    page.get_by_label("My answers may be exported").check()
    visit.keep(page, "sign-up")
    send(page)
    page.wait_for_url("**/catalogue/")
    person = User.objects.get(email="newcomer@example.org").pk
    rows = ConsentRecord.objects.filter(person=person)
    assert {(row.purpose, row.regime, row.how) for row in rows} == {
        (purpose, "ccpa", "sign_up") for purpose in ("notice", "age", "training")
    }
    page.goto(page.url.replace("/catalogue/", "/privacy/consents/"))
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("Recorded. You can change it at any time.")).to_be_visible()
    visit.keep(page, "consents")
    assert not ConsentRecord.objects.filter(person=person, purpose="training").order_by("-at")[0].given
