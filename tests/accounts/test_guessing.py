"""`POST auth/token` counts tries for each account, and says the same of one that there is not."""

import pytest
from django.contrib.auth.hashers import get_hasher
from django.core.cache import cache

from accounts.models import User

PASSWORD = "correct horse battery"
HERE, THERE = "198.51.100.1", "203.0.113.9"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_limits(redis_url):
    cache.clear()


@pytest.fixture
def anna():
    return User.objects.create_user("anna@example.org", PASSWORD)


def ask(client, email="anna@example.org", address=HERE, **sent):
    sent = {"email": email, "password": "wrong", **sent}
    return client.post("/api/v1/auth/token", sent, content_type="application/json", REMOTE_ADDR=address)


@pytest.mark.parametrize("email", ["anna@example.org", "nobody@example.org", "ANNA@example.org"])
def test_from_one_address_five_tries_count_for_the_account(client, anna, email):
    answers = [ask(client, email) for _try in range(7)]
    assert [one.status_code for one in answers] == [401] * 5 + [429] * 2
    assert {one.json()["detail"] for one in answers[:5]} == {"E-mail or password is wrong."}


def test_the_right_password_waits_too_and_other_addresses_do_not(client, anna):
    for _try in range(5):
        ask(client)
    assert ask(client, password=PASSWORD).status_code == 429
    assert ask(client, password=PASSWORD, address=THERE).status_code == 200


def test_from_many_addresses_thirty_tries_count(client, anna):
    codes = [ask(client, address=f"10.1.{n}.1").status_code for n in range(32)]
    assert codes == [401] * 30 + [429] * 2
    assert ask(client, "else@example.org").status_code == 401


def test_who_signs_in_again_and_again_is_not_slowed_down(client, anna):
    assert {ask(client, password=PASSWORD).status_code for _time in range(32)} == {200}


def test_an_account_that_is_not_there_takes_as_long(client, anna, monkeypatch):
    worked, hasher = [], type(get_hasher())
    encode = hasher.encode
    monkeypatch.setattr(
        hasher,
        "encode",
        lambda self, *args, **more: worked.append(1) or encode(self, *args, **more),
    )
    counts = []
    for email in ("anna@example.org", "nobody@example.org"):
        worked.clear()
        ask(client, email)
        counts.append(len(worked))
    assert counts[0] == counts[1] > 0
