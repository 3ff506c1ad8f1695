"""Somebody signs up with another's address before that person does (pre-registration)."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.core.cache import cache
from django.test import Client

from accounts.models import Role, User
from accounts.services import memberships, tokens
from common.errors import Invalid
from common.models import AuditEvent
from rewards.models import PayoutAddress
from tests.factories import make_user, sign_up_form

THEIRS, MINE = "chosen by a stranger", "chosen by its owner"
VICTIM = "vera@example.org"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_limits(redis_url):
    cache.clear()


@pytest.fixture
def stranger():
    """Signed in to an account under somebody else's address, with everything in it that opens it again."""
    client = Client()
    assert client.post("/accounts/signup/", sign_up_form(VICTIM, THEIRS)).status_code == 302
    user = User.objects.get()
    client.token = tokens.create_token(user=user)[1]
    SocialAccount.objects.create(user=user, provider="github", uid="77")
    EmailAddress.objects.create(user=user, email="stranger@example.org")
    PayoutAddress.objects.create(user=user.pk, nonce=b"1", sealed=b"2", hint="3")
    mail.outbox.clear()
    return client


def is_in(client: Client) -> bool:
    return client.get("/settings/").status_code == 200


def signs_in(password: str) -> bool:
    client = Client()
    client.post("/accounts/login/", {"login": VICTIM, "password": password})
    return is_in(client)


def reset(client: Client, address: str, password: str) -> None:
    client.post("/accounts/password/reset/", {"email": address})
    [path] = re.findall(r"/accounts/password/reset/key/\S+", mail.outbox[-1].body)
    client.post(client.get(path)["Location"], {"password1": password, "password2": password})


def nothing_is_left_of(stranger: Client) -> None:
    user = User.objects.get()
    assert not is_in(stranger)
    assert tokens.find_token(stranger.token) is None
    assert not SocialAccount.objects.exists()
    assert not PayoutAddress.objects.exists()
    assert list(EmailAddress.objects.values_list("email", "verified")) == [(VICTIM, True)]
    assert not signs_in(THEIRS)
    assert AuditEvent.objects.filter(action="account.taken_over", actor=user.pk).exists()


def test_who_resets_the_password_gets_the_account_alone(stranger):
    assert is_in(stranger)
    reset(Client(), VICTIM, MINE)
    nothing_is_left_of(stranger)
    assert signs_in(MINE)


def test_who_signs_in_by_code_gets_the_account_alone(stranger):
    owner = Client()
    owner.post("/accounts/login/code/", {"email": VICTIM})
    [code] = re.findall(r"^([A-Z0-9]{3,}-?[A-Z0-9]{3,})$", mail.outbox[-1].body, re.MULTILINE)
    owner.post("/accounts/login/code/confirm/", {"code": code})
    nothing_is_left_of(stranger)
    assert is_in(owner)


def test_a_proven_account_keeps_what_is_in_it_when_its_password_is_reset(stranger):
    EmailAddress.objects.filter(email=VICTIM).update(verified=True)
    reset(Client(), VICTIM, MINE)
    assert SocialAccount.objects.exists()
    assert PayoutAddress.objects.exists()
    assert tokens.find_token(stranger.token) is None


def confirm_link() -> str:
    client = Client()
    client.post("/accounts/signup/", sign_up_form("new@example.org", THEIRS))
    [path] = re.findall(r"/accounts/confirm-email/\S+", mail.outbox[-1].body)
    assert client.get(path).status_code == 200
    return path


def test_a_link_confirms_for_who_is_signed_in_only():
    path = confirm_link()
    outside = Client()
    assert outside.get(path).status_code == 200
    assert outside.post(path)["Location"].startswith("/accounts/login/?next=%2Faccounts%2Fconfirm-email")
    assert not EmailAddress.objects.get().verified
    other = Client()
    other.force_login(make_user("other"))
    other.post(path)
    assert not EmailAddress.objects.get().verified
    outside.force_login(User.objects.get(email="new@example.org"))
    outside.post(path)
    assert EmailAddress.objects.get().verified


@pytest.mark.parametrize("way", ["password/reset/", "login/code/"])
def test_an_address_that_was_only_added_opens_no_account(way):
    user = make_user("anna")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    EmailAddress.objects.create(user=user, email=VICTIM)
    Client().post(f"/accounts/{way}", {"email": VICTIM})
    assert all("key/" not in sent.body and "code" not in sent.subject.lower() for sent in mail.outbox)
    assert "account" in mail.outbox[-1].body  # "there is none with this address"


def test_a_second_factor_is_not_replaced_by_an_unproven_mailbox():
    user = make_user("anna")
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    Client().post("/accounts/password/reset/", {"email": user.email})
    assert "key/" not in mail.outbox[-1].body


def test_its_owner_signs_up_although_another_account_had_added_it():
    user = make_user("anna")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    EmailAddress.objects.create(user=user, email=VICTIM)
    assert Client().post("/accounts/signup/", sign_up_form(VICTIM, MINE)).status_code == 302
    assert EmailAddress.objects.get(email=VICTIM).user.email == VICTIM


def test_nobody_takes_a_sign_up_address_from_an_account(stranger):
    answer = Client().post("/accounts/signup/", sign_up_form(VICTIM, MINE))
    assert answer.status_code == 200
    assert EmailAddress.objects.filter(email=VICTIM).exists()


def test_who_proves_another_address_lets_the_first_one_go(stranger, rf):
    from allauth.account.internal.flows.email_verification import verify_email

    user, request = User.objects.get(), rf.get("/")
    request.user, request.session = user, stranger.session
    request._messages = type("Quiet", (), {"add": lambda *_args, **_more: None})()
    assert verify_email(request, EmailAddress.objects.get(email="stranger@example.org"))
    user.refresh_from_db()
    assert user.email == "stranger@example.org"
    assert not EmailAddress.objects.filter(email=VICTIM).exists()
    assert Client().post("/accounts/signup/", sign_up_form(VICTIM, MINE)).status_code == 302


def test_a_role_is_given_to_who_has_proven_the_address(stranger, settings):
    given = {"email": VICTIM, "role": Role.REQUESTER, "scope": None, "actor": User.objects.get().pk}
    with pytest.raises(Invalid, match="not confirmed"):
        memberships.grant_role(**given)
    settings.MAIL_REACHES_PEOPLE = False  # where nobody can prove one, the administrator's word counts
    assert memberships.grant_role(**given)
    settings.MAIL_REACHES_PEOPLE = True
    EmailAddress.objects.filter(email=VICTIM).update(verified=True)
    assert memberships.grant_role(**given)


def test_an_unproven_mailbox_hears_of_nothing_that_happens_in_the_account(stranger):
    new = {"oldpassword": THEIRS, "password1": MINE, "password2": MINE}
    assert stranger.post("/accounts/password/change/", new).status_code == 302
    assert mail.outbox == []
