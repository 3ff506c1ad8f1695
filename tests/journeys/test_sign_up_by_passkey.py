"""An account that never had a password: signed up by a passkey, its mailbox proven by a code, with an
authenticator app and recovery codes beside it. The device is the one that Chromium plays."""

import importlib
import re
import time
from collections.abc import Iterator

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.test import override_settings
from django.urls import clear_url_caches
from playwright.sync_api import Page, expect

from accounts.models import User
from privacy.models import ConsentRecord
from tests.journeys.conftest import Visits
from tests.journeys.test_ways_to_sign_in import give_device

pytestmark = pytest.mark.browser
ADDRESS = "kim@example.org"
# As EMAIL_VERIFICATION=mandatory sets them; which addresses there are depends on it.
MANDATORY = {
    "ACCOUNT_EMAIL_VERIFICATION": "mandatory",
    "ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED": True,
    "MFA_PASSKEY_SIGNUP_ENABLED": True,
}
URLS = (
    "allauth.mfa.webauthn.urls",
    "allauth.mfa.urls",
    "allauth.account.urls",
    "allauth.urls",
    "config.urls",
)


def read_urls_again() -> None:
    for name in URLS:
        importlib.reload(importlib.import_module(name))
    clear_url_caches()


@pytest.fixture
def mandatory(site: str) -> Iterator[None]:
    with override_settings(**MANDATORY):
        read_urls_again()
        yield
    read_urls_again()


def code_in_mail() -> str:
    [code] = re.findall(r"^([A-Z0-9]{4}-[A-Z0-9]{4})$", mail.outbox[-1].body, re.MULTILINE)
    return str(code)


def enter(page: Page, code: str, button: str) -> None:
    page.locator("input[name=code]").fill(code)
    page.get_by_role("button", name=button, exact=True).first.click()


def test_no_password_ever(visit: Visits, mandatory: None) -> None:
    page = visit("/accounts/signup/")
    give_device(page)
    sign_up(visit, page)
    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/catalogue/")
    codes = add_an_authenticator_app(visit, page)
    sign_out(page)
    sign_in_by_mail_and_recovery_code(visit, page, codes[0])
    sign_out(page)
    sign_in_by_mail(page)
    enter(page, codes[0], "Sign In")  # used up
    expect(page.get_by_text("Incorrect code.")).to_be_visible()


def sign_up(visit: Visits, page: Page) -> None:
    page.get_by_role("link", name="Sign up using a passkey").click()
    expect(page.locator("input[type=password]")).to_have_count(0)
    page.get_by_label("Email").fill(ADDRESS)
    page.get_by_label("I am at least 16 years old.").check()
    page.get_by_label("I have read the privacy notice.").check()
    visit.keep(page, "passkey-sign-up")
    page.locator("form.form .btn.primary").click()
    expect(page.locator("input[name=code]")).to_be_visible()
    visit.keep(page, "passkey-code")
    enter(page, "AAAA-0000", "Confirm")
    expect(page.get_by_text("Incorrect code.")).to_be_visible()
    assert not EmailAddress.objects.filter(email=ADDRESS, verified=True).exists()
    enter(page, code_in_mail(), "Confirm")
    page.locator("#mfa_webauthn_signup").wait_for()
    visit.keep(page, "passkey-create")
    page.locator("#mfa_webauthn_signup").click()
    page.wait_for_url("**/catalogue/")
    person = User.objects.get(email=ADDRESS)
    assert not person.has_usable_password()
    assert EmailAddress.objects.get(user=person).verified
    purposes = ConsentRecord.objects.filter(person=person.pk).values_list("purpose", flat=True)
    assert set(purposes) == {"notice", "age"}


def sign_out(page: Page) -> None:
    page.locator("summary[aria-label=Account]").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto(re.sub(r"(//[^/]+)/.*", r"\1/accounts/login/", page.url))


def add_an_authenticator_app(visit: Visits, page: Page) -> list[str]:
    page.locator("summary[aria-label=Account]").click()
    page.get_by_role("link", name="Second factor").click()
    page.get_by_role("link", name="Activate").first.click()
    page.get_by_text("Use a security key").click()  # asked again before a way in is added
    secret = page.get_by_label("Authenticator secret").input_value()
    enter(page, format_hotp_value(hotp_value(secret, int(time.time()) // 30)), "Activate")
    codes = page.locator("#recovery_codes").input_value().split()
    visit.keep(page, "passkey-recovery-codes")
    kinds = Authenticator.objects.filter(user__email=ADDRESS).values_list("type", flat=True)
    assert set(kinds) == {"webauthn", "totp", "recovery_codes"}
    assert len(codes) == 10
    return codes


def sign_in_by_mail(page: Page) -> None:
    page.get_by_role("link", name="Send me a sign-in code").click()
    page.get_by_label("Email").fill(ADDRESS)
    page.get_by_role("button", name="Request Code").click()
    expect(page.locator("input[name=code]")).to_be_visible()
    enter(page, code_in_mail(), "Confirm")
    expect(page.get_by_text("Your account is protected by two-factor authentication")).to_be_visible()


def sign_in_by_mail_and_recovery_code(visit: Visits, page: Page, code: str) -> None:
    sign_in_by_mail(page)
    visit.keep(page, "passkey-second-factor")
    enter(page, code, "Sign In")
    page.wait_for_url("**/catalogue/")
    expect(page.get_by_role("heading", name="Catalogue", level=1)).to_be_visible()
