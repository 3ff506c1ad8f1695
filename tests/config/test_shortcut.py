"""Programs take a short way to the REST API, and nobody can tell by the answer."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.models import ApiToken
from accounts.services.tokens import create_token, revoke_token
from config.shortcut import ShortcutForPrograms
from tests.factories import make_user

BY_COOKIE_ONLY = {"Vary", "Set-Cookie"}


@pytest.fixture
def person(db):
    return make_user("annotator")


@pytest.fixture
def program(person):
    return Client(headers={"Authorization": f"Token {create_token(user=person)[1]}"})


@pytest.fixture
def browser(person):
    client = Client()
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def long_ways(monkeypatch):
    """The requests that went through the middleware for browsers."""
    seen = []
    make = ShortcutForPrograms.__init__

    def spied(self, get_response):
        make(self, lambda request: (seen.append(request), get_response(request))[1])

    monkeypatch.setattr(ShortcutForPrograms, "__init__", spied)
    return seen


@pytest.mark.parametrize("path", ["/api/v1/me", "/api/v1/catalogue", "/api/v1/nothing", "/api/v1/items/1"])
@pytest.mark.parametrize("secure", [False, True])
def test_both_ways_lead_to_the_same_answer(program, browser, long_ways, path, secure, settings):
    settings.SECURE_HSTS_SECONDS = 0
    short, long = (client.get(path, secure=secure) for client in (program, browser))
    assert len(long_ways) == 1
    assert (short.status_code, short.content) == (long.status_code, long.content)
    headers = [{k: v for k, v in one.headers.items() if k not in BY_COOKIE_ONLY} for one in (short, long)]
    assert headers[0] == headers[1]
    assert {"Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options"} <= set(headers[0])
    assert "Accept-Language" in short.headers["Vary"]


def test_a_refusal_speaks_the_language_of_the_request(program):
    answers = [program.get("/api/v1/items/1", headers={"Accept-Language": code}) for code in ("en", "zh-CN")]
    assert [answer.headers["Content-Language"] for answer in answers] == ["en", "zh-hans"]
    assert answers[0].json()["detail"] != answers[1].json()["detail"]


def test_a_host_that_is_not_ours_is_refused(program):
    assert program.get("/api/v1/me", headers={"Host": "evil.example.org"}).status_code == 400


def test_a_large_answer_is_packed_for_who_can_unpack(program, person):
    for _ in range(20):
        create_token(user=person)
    plain = program.get("/api/v1/auth/tokens")
    packed = program.get("/api/v1/auth/tokens", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip" and len(packed.content) < len(plain.content)
    assert int(packed.headers["Content-Length"]) == len(packed.content)


def test_a_session_never_speaks_for_a_bad_token(browser, program, person):
    revoke_token(user=person, token_id=ApiToken.objects.get().pk)
    assert program.get("/api/v1/me").status_code == 401
    stored = Session.objects.count()
    answer = browser.get("/api/v1/me", headers={"Authorization": "Token mh_wrong"})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    assert Session.objects.count() == stored


@pytest.mark.parametrize("header", ["", "Basic YTpi", "token", "Tokens x"])
def test_anything_else_takes_the_long_way(browser, long_ways, header):
    browser.get("/api/v1/me", headers={"Authorization": header} if header else {})
    browser.get("/settings/", headers={"Authorization": "Token x"})
    assert len(long_ways) == 2


@pytest.mark.parametrize(
    ("accept", "status"), [("", 200), ("*/*", 200), ("application/json", 200), ("text/csv", 406)]
)
def test_who_accepts_no_json_is_told_so(program, accept, status):
    assert program.get("/api/v1/me", headers={"Accept": accept} if accept else {}).status_code == status


def test_a_fault_of_ours_is_a_problem_document(program, monkeypatch):
    monkeypatch.setattr("accounts.api._me", lambda user: 1 / 0)
    program.raise_request_exception = False
    answer = program.get("/api/v1/me")
    assert answer.status_code == 500
    assert answer.headers["Content-Type"] == "application/problem+json"
