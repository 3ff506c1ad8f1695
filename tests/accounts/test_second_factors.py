"""Authenticator apps and recovery codes: set up, sign in, sealed at rest, and required by a setting."""

import re
import time
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import Client

from accounts.models import Role, User
from accounts.roles import grant
from accounts.services.tokens import create_token
from common.models import AuditEvent
from privacy import keyring, second_factors
from privacy.services import rotation
from tests.privacy.conftest import KEY, NEW_KEY

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def fresh_limits(redis_url: str) -> None:
    cache.clear()


@pytest.fixture
def user(db: None) -> User:
    made = User.objects.create_user("anna@example.org", PASSWORD)
    EmailAddress.objects.create(user=made, email=made.email, primary=True, verified=True)
    return made


def sign_in(client: Client, password: str = PASSWORD) -> Any:
    return client.post("/accounts/login/", {"login": "anna@example.org", "password": password})


def confirm(client: Client) -> None:
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})


def code_of(secret: str, step: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step))


def set_up(client: Client) -> str:
    """Signs in, turns an authenticator app on, and returns its secret."""
    sign_in(client)
    confirm(client)
    page = client.get("/accounts/2fa/totp/activate/").text
    [secret] = re.findall(r'id="authenticator_secret"[^>]*value="([A-Z2-7]+=*)"', page)
    assert 'src="data:image/svg+xml' in page
    answer = client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret, -1)})
    assert answer.status_code == 302, re.findall(r'class="error"[\s\S]{0,300}', answer.text)
    return secret


def test_the_password_alone_no_longer_signs_in(client: Client, user: User) -> None:
    secret = set_up(client)
    other = Client()
    assert sign_in(other)["Location"] == "/accounts/2fa/authenticate/"
    assert other.get("/settings/").status_code == 302
    assert "Incorrect code" in other.post("/accounts/2fa/authenticate/", {"code": "000000"}).text
    assert other.post("/accounts/2fa/authenticate/", {"code": code_of(secret)}).status_code == 302
    assert other.get("/settings/").status_code == 200


def test_a_code_opens_once_though_it_is_right_for_longer(client: Client, user: User) -> None:
    code = code_of(set_up(client), 1)
    answers = []
    for _try in range(2):
        cache.delete(f"allauth.mfa.totp.used?user={user.pk}&code={code}")  # what allauth forgets after 30 s
        other = Client()
        sign_in(other)
        answers.append(other.post("/accounts/2fa/authenticate/", {"code": code}).status_code)
    body = {"email": user.email, "password": PASSWORD, "code": f"{code[:3]} {code[3:]}"}
    cache.delete(f"allauth.mfa.totp.used?user={user.pk}&code={code}")
    program = Client().post("/api/v1/auth/token", body, content_type="application/json")
    assert answers == [302, 200] and program.status_code == 401


def test_turning_it_off_asks_again_and_is_on_record(client: Client, user: User) -> None:
    set_up(client)
    stolen = Client()
    stolen.cookies["sessionid"] = client.cookies["sessionid"].value
    session = client.session
    del session["account_authentication_methods"]
    session.save()
    asked = stolen.post("/accounts/2fa/totp/deactivate/")["Location"]
    assert "reauthenticate" in asked and Authenticator.objects.count() == 2
    confirm(client)
    client.post("/accounts/2fa/totp/deactivate/")
    assert not Authenticator.objects.exists()
    kinds = AuditEvent.objects.filter(action="second_factor.removed", actor=user.pk)
    assert set(kinds.values_list("data__kind", flat=True)) == {"totp", "recovery_codes"}


def test_a_recovery_code_works_once(client: Client, user: User) -> None:
    set_up(client)
    codes = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    assert codes[0] in client.get("/accounts/2fa/recovery-codes/").text
    outcomes = []
    for _try in range(2):
        other = Client()
        sign_in(other)
        outcomes.append(other.post("/accounts/2fa/authenticate/", {"code": codes[0]}).status_code)
    assert outcomes == [302, 200]


def test_nothing_changes_before_who_they_are_is_asked_again(client: Client, user: User) -> None:
    sign_in(client)
    for path in ("/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/"):
        assert "/accounts/reauthenticate/" in client.get(path)["Location"]
    sent = client.post("/settings/tokens/", {"name": "script", "scope": "full"})
    assert "/accounts/reauthenticate/" in sent["Location"] and not user.api_tokens.exists()
    # What was sent goes on by itself once the password is given.
    done = client.post(sent["Location"], {"password": PASSWORD, "next": "/settings/tokens/"})
    assert "mh_" in done.text and user.api_tokens.count() == 1


def test_bank_details_wait_for_a_confirmation_and_are_kept_nowhere(
    client: Client, user: User, settings: Any
) -> None:
    settings.VAULT_KEY = KEY
    sign_in(client)
    form = {"holder": "Anna", "account": "DE89370400440532013000", "bic": ""}
    assert "/accounts/reauthenticate/" in client.post("/earnings/address/", form)["Location"]
    assert "DE89" not in str(dict(client.session))
    json = {"content_type": "application/json"}
    assert client.put("/api/v1/me/payout-address", form, **json).status_code == 403
    confirm(client)
    assert client.put("/api/v1/me/payout-address", form, **json).status_code == 200


def test_secrets_are_sealed_and_follow_a_new_key(client: Client, user: User, settings: Any) -> None:
    settings.VAULT_KEY = KEY
    secret = set_up(client)
    totp = Authenticator.objects.get(type="totp")
    assert secret not in str(totp.data) and second_factors.unseal(totp.data["secret"]) == secret
    settings.VAULT_KEY, settings.VAULT_KEYS_OLD = NEW_KEY, [KEY]
    factors = second_factors.SecondFactors()
    assert sum(factors.rewrap(list(factors.waiting()))) == 2
    settings.VAULT_KEYS_OLD = []
    totp.refresh_from_db()
    assert second_factors.unseal(totp.data["secret"]) == secret
    assert set(factors.waiting()) == {keyring.current_id()}
    assert "second_factors" in rotation._rewrappers


def test_a_password_gives_no_token_past_the_second_factor(client: Client, user: User) -> None:
    secret = set_up(client)

    def ask(code: str) -> Any:
        body = {"email": user.email, "password": PASSWORD, "code": code}
        return Client().post("/api/v1/auth/token", body, content_type="application/json")

    assert ask("").status_code == 401 and ask("123").status_code == 401
    assert ask(code_of(secret)).status_code == 200
    assert [ask("000000").status_code for _try in range(4)][-1] == 429


def test_the_administration_asks_for_it_too(client: Client, db: None) -> None:
    page = client.get("/django-admin/", follow=True)
    assert page.redirect_chain[-1][0].startswith("/accounts/login/")


def test_a_role_that_needs_one_reaches_nothing_without(client: Client, user: User, settings: Any) -> None:
    settings.MFA_REQUIRED_ROLES = ["admin"]
    _token, text = create_token(user=user)
    sign_in(client)
    assert client.get("/catalogue/").status_code == 200
    grant(user, Role.ADMIN)
    assert client.get("/catalogue/")["Location"] == "/accounts/2fa/"
    assert client.get("/api/v1/me").status_code == 403
    for own in ("/settings/", "/privacy/", "/privacy/held/", "/privacy/erase/", "/privacy/notice/"):
        assert client.get(own).status_code == 200
    for work in ("desk/", "audit/", "audit/export/", "vault/", "notices/", "retention/", "register/"):
        assert client.get(f"/privacy/{work}")["Location"] == "/accounts/2fa/"
    program = Client(headers={"Authorization": f"Token {text}"})
    assert program.get("/api/v1/me").status_code == 401
    set_up(client)
    assert client.get("/projects/").status_code == 200 and program.get("/api/v1/me").status_code == 200


def test_sessions_are_listed_and_the_others_ended(client: Client, user: User) -> None:
    other = Client(headers={"user-agent": "Mozilla/5.0 (X11; Linux) Firefox/130.0"})
    sign_in(other)
    sign_in(client)
    assert "Firefox on Linux" in client.get("/accounts/sessions/").text
    client.post("/accounts/sessions/")
    assert other.get("/settings/").status_code == 302 and client.get("/settings/").status_code == 200


def test_a_code_by_mail_signs_in(client: Client, user: User, mailoutbox: Any) -> None:
    client.post("/accounts/login/code/", {"email": user.email})
    [code] = re.findall(r"^([A-Z0-9]{4}-[A-Z0-9]{4})$", mailoutbox[0].body, re.MULTILINE)
    assert client.get("/settings/").status_code == 302
    assert client.post("/accounts/login/code/confirm/", {"code": "AAAA-AAAA"}).status_code == 200
    assert client.post("/accounts/login/code/confirm/", {"code": code}).status_code == 302
    assert client.get("/settings/").status_code == 200


def test_a_code_by_mail_is_no_second_factor(client: Client, user: User, mailoutbox: Any) -> None:
    set_up(client)
    other = Client()
    mailoutbox.clear()
    other.post("/accounts/login/code/", {"email": user.email})
    [code] = re.findall(r"^([A-Z0-9]{4}-[A-Z0-9]{4})$", mailoutbox[0].body, re.MULTILINE)
    done = other.post("/accounts/login/code/confirm/", {"code": code})
    assert done["Location"] == "/accounts/2fa/authenticate/"
    assert other.get("/settings/").status_code == 302


def test_nobody_learns_by_a_code_who_has_an_account(client: Client, user: User, mailoutbox: Any) -> None:
    answers = []
    for email in (user.email, "nobody@example.org"):
        answer = Client().post("/accounts/login/code/", {"email": email})
        answers.append((answer.status_code, answer["Location"]))
    assert answers[0] == answers[1]
