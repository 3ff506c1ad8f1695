"""Passkeys in a real browser, with the device that Chromium plays; and the pages of an account."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.journeys.conftest import Visits

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery staple"


@pytest.fixture
def person(db: None) -> User:
    User.objects.filter(email="pat@example.org").delete()
    user = User.objects.create_user("pat@example.org", PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


def give_device(page: Page) -> None:
    """A fingerprint reader that always says yes (WebAuthn, section 11.2)."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    able = ("hasResidentKey", "hasUserVerification", "isUserVerified", "automaticPresenceSimulation")
    options = {"protocol": "ctap2", "transport": "internal", **dict.fromkeys(able, True)}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_is_added_and_signs_in(visit: Visits, person: User) -> None:
    page = visit("/accounts/login/?next=/accounts/2fa/webauthn/add/")
    give_device(page)
    page.locator("input[name=login]").fill(person.email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign In", exact=True).click()
    page.locator("input[name=password]").fill(PASSWORD)  # asked again before a way in is added
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Passwordless").check()
    visit.keep(page, "passkey-add")
    page.locator("#mfa_webauthn_add").click()
    page.wait_for_url("**/accounts/2fa/recovery-codes/")
    visit.keep(page, "recovery-codes")
    assert set(Authenticator.objects.filter(user=person).values_list("type", flat=True)) == {
        "webauthn", "recovery_codes",
    }  # fmt: skip
    page.goto(page.url.replace("recovery-codes", "webauthn"))
    expect(page.get_by_text("passkey", exact=True)).to_be_visible()
    visit.keep(page, "passkeys")
    page.context.clear_cookies()
    page.goto(re.sub(r"/accounts/.*", "/accounts/login/", page.url))
    visit.keep(page, "sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/catalogue/")


def test_a_device_that_refuses_is_told_of(visit: Visits, person: User) -> None:
    page = visit("/accounts/login/")
    page.evaluate("() => { navigator.credentials.get = () => Promise.reject(new Error('no')) }")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("Your device did not confirm it.")).to_be_visible()
