import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.utils import timezone

from accounts import roles
from accounts.models import ApiToken, Membership, Role, User
from accounts.services import tokens
from accounts.services.demo_people import create_demo_people
from common.models import AuditEvent
from tests.factories import confirm_session, sign_up_form

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def fresh_limits(redis_url):
    cache.clear()


@pytest.fixture
def user(db):
    return User.objects.create_user("Anna@Example.org", PASSWORD)


def ask_token(client, **body):
    return client.post("/api/v1/auth/token", data=body, content_type="application/json")


def test_sign_up_and_sign_in_by_email(client, db):
    assert client.post("/accounts/signup/", sign_up_form("new@example.org", PASSWORD)).status_code == 302
    assert roles.site_roles(User.objects.get()) == {Role.ANNOTATOR}
    client.logout()
    signed = client.post("/accounts/login/", {"login": "new@example.org", "password": PASSWORD})
    assert signed.status_code == 302
    assert client.get("/catalogue/").status_code == 200


def test_a_forgotten_password_is_reset_by_mail(client, user):
    client.post("/accounts/password/reset/", {"email": user.email})
    assert re.search(r"/accounts/password/reset/key/\S+", mail.outbox[0].body)


def test_a_password_that_is_reset_ends_all_tokens(client, user):
    _token, text = tokens.create_token(user=user)
    client.post("/accounts/password/reset/", {"email": user.email})
    [path] = re.findall(r"/accounts/password/reset/key/\S+", mail.outbox[0].body)
    new = {"password1": "another horse battery", "password2": "another horse battery"}
    assert client.post(client.get(path)["Location"], new).status_code == 302
    assert tokens.find_token(text) is None
    assert AuditEvent.objects.filter(action="token.revoked", actor=user.pk).count() == 1


def test_closed_sign_up(client, db, settings):
    settings.ACCOUNT_SIGNUP_OPEN = False
    client.post("/accounts/signup/", sign_up_form("n@example.org", PASSWORD))
    assert not User.objects.exists()


def test_where_addresses_must_be_proven_an_unproven_one_gives_no_token(client, user, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    sent = {"email": user.email, "password": PASSWORD}
    assert ask_token(client, **sent).json()["code"] == "unconfirmed" and not ApiToken.objects.exists()
    EmailAddress.objects.create(user=user, email=user.email, verified=True)
    assert ask_token(client, **sent).status_code == 200


def test_a_token_signs_in_and_is_stored_hashed(client, user):
    body = ask_token(client, email="anna@example.org", password=PASSWORD).json()
    stored = ApiToken.objects.get()
    assert body["token"] not in (stored.digest, stored.prefix) and stored.digest == tokens.digest_of(
        body["token"]
    )
    me = client.get("/api/v1/me", headers={"Authorization": f"Token {body['token']}"})
    assert me.json()["email"] == user.email


@pytest.mark.parametrize("change", ["revoked", "expired", "inactive", "mangled"])
def test_a_dead_token_opens_nothing(client, user, change):
    token, text = tokens.create_token(user=user)
    if change == "revoked":
        tokens.revoke_token(user=user, token_id=token.pk)
    elif change == "expired":
        ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif change == "inactive":
        User.objects.update(is_active=False)
    else:
        text = text[:-1]
    assert client.get("/api/v1/me", headers={"Authorization": f"Token {text}"}).status_code == 401


def test_a_token_for_predictions_reaches_nothing_else(client, user):
    _token, text = tokens.create_token(user=user, scopes=["predict"])
    assert client.get("/api/v1/projects", headers={"Authorization": f"Token {text}"}).status_code == 401


def test_another_person_s_token_cannot_be_revoked(client, user):
    token, _text = tokens.create_token(user=User.objects.create_user("b@example.org", PASSWORD))
    client.force_login(user)
    assert client.delete(f"/api/v1/auth/tokens/{token.pk}").status_code == 404
    assert client.post(f"/settings/tokens/{token.pk}/revoke/").status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None


def test_guessing_is_slowed_down(client, user, monkeypatch):
    from accounts.api import TokenApi

    monkeypatch.setattr(TokenApi.throttle_classes[0], "THROTTLE_RATES", {"sign-in": "3/min"})
    codes = [ask_token(client, email="anna@example.org", password="wrong").status_code for _try in range(5)]
    assert codes == [401, 401, 401, 429, 429]


def test_a_write_by_cookie_needs_the_csrf_token(user):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user)
    answer = strict.post("/api/v1/projects", data="{}", content_type="application/json")
    assert answer.status_code == 403


def test_project_roles_hold_in_one_project_only(user):
    here, there = (User.objects.create_user(f"{n}@example.org").pk for n in "xy")
    roles.grant(user, Role.REVIEWER, here)
    roles.grant(user, Role.REVIEWER, here)
    assert Membership.objects.count() == 1
    assert Role.REVIEWER in roles.roles_in(user, here)
    assert not roles.roles_in(user, there)
    assert roles.roles_anywhere(user) == {Role.ANNOTATOR, Role.REVIEWER}


def test_a_site_requester_has_no_role_in_the_projects_of_others(user):
    roles.grant(user, Role.REQUESTER)
    assert not roles.roles_in(user, user.pk)


def test_the_language_is_kept_with_the_account(client, user):
    client.force_login(user)
    client.post("/i18n/setlang/", {"language": "zh-hans", "next": "/settings/"})
    user.refresh_from_db()
    assert user.language == "zh-hans"
    evil = client.post("/i18n/setlang/", {"language": "en", "next": "https://evil.example/"})
    assert evil["Location"] == "/"


def test_sign_up_in_chinese_makes_a_chinese_account_and_sign_in_brings_it_along(client, db):
    form = sign_up_form("new@example.org", PASSWORD)
    client.post("/accounts/signup/", form, headers={"Accept-Language": "zh-hans"})
    assert User.objects.get().language == "zh-hans"
    from django.test import Client

    elsewhere = Client()
    elsewhere.post("/accounts/login/", {"login": "new@example.org", "password": PASSWORD})
    assert b'lang="zh-hans"' in elsewhere.get("/catalogue/").content


def test_the_settings_page_changes_the_language_at_once(client, user):
    client.force_login(user)
    page = client.post("/settings/", {"display_name": "A", "language": "zh-hans"}, follow=True)
    assert b'lang="zh-hans"' in page.content


def test_demo_people_get_new_random_passwords_each_time(db):
    first, again = create_demo_people(annotators=3), create_demo_people(annotators=3)
    assert User.objects.count() == 6
    assert first["admin"].password != again["admin"].password
    assert User.objects.get(email="admin@example.org").check_password(again["admin"].password)


def test_settings_page_shows_a_new_token_once(client, user):
    client.force_login(user)
    confirm_session(client)
    page = client.post("/settings/tokens/", {"name": "script", "scope": "full"})
    [text] = set(re.findall(rb"mh_[\w-]{20,}", page.content))
    assert text not in client.get("/settings/").content


def test_a_saved_profile_brings_no_old_password_back(user):
    from accounts.forms import ProfileForm

    sent = {"display_name": "Anna", "language": "en", "languages": "en", "time_zone": ""}
    form = ProfileForm(sent, instance=User.objects.get())
    user.set_password("another horse battery")
    user.is_active = False
    user.save()
    assert form.is_valid() and form.save()
    user.refresh_from_db()
    assert (user.display_name, user.is_active) == ("Anna", False)
    assert user.check_password("another horse battery")
