"""Sign-in through an OpenID Connect server, which stands in this test; and what it must never open."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from common.models import AuditEvent
from config.providers import sign_in_providers
from privacy.models import ConsentRecord

PASSWORD = "correct horse battery"
AGREED = {"residence": "gdpr", "of_age": "on", "notice": "on"}


class Handler(BaseHTTPRequestHandler):
    """A server's discovery document, token and user info (OpenID Connect Core 1.0, Discovery 1.0)."""

    server: Any

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self._say(self.server.profile if self.path == "/userinfo" else self.server.discovery)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._say({"access_token": "secret", "token_type": "Bearer"})

    def _say(self, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: Any) -> None:
        """Nothing: tests have their own words."""


@pytest.fixture
def provider(settings: Any, redis_url: str, db: None) -> Iterator[Any]:
    cache.clear()
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    at = f"http://127.0.0.1:{server.server_port}"
    server.asked = []
    server.profile = {"sub": "42", "email": "new@example.org", "email_verified": True, "name": "New Person"}
    places = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
    server.discovery = {f"{name}_endpoint": f"{at}/{path}" for name, path in places.items()}
    server.discovery |= {"issuer": at, "jwks_uri": f"{at}/keys"}
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "APPS": [
                {
                    "provider_id": "sso",
                    "name": "House key",
                    "client_id": "manyhands",
                    "secret": "s",
                    "settings": {"server_url": at},
                }
            ],
            "OAUTH_PKCE_ENABLED": True,
        }
    }
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def come_back(client: Client, process: str = "login") -> Any:
    """There and back again: what the browser of somebody does who says yes at the provider."""
    page = client.post(f"/accounts/oidc/sso/login/?process={process}")
    assert page.status_code == 200  # a page that goes on, as the policy lets no form lead elsewhere
    [target] = re.findall(r'content="0;url=([^"]+)"', page.text)
    asked = parse_qs(urlsplit(target.replace("&amp;", "&")).query)
    assert asked["code_challenge_method"] == ["S256"]
    return client.get(f"/accounts/oidc/sso/login/callback/?code=x&state={asked['state'][0]}")


def test_a_sign_up_through_a_provider_asks_for_notice_and_age(client: Client, provider: Any) -> None:
    assert "House key" in client.get("/accounts/login/").text
    assert come_back(client)["Location"].startswith("/accounts/3rdparty/signup/")
    sent = {"email": "new@example.org"}
    page = client.post("/accounts/3rdparty/signup/", sent)
    assert "Read the privacy notice" in page.text and not User.objects.exists()
    assert client.post("/accounts/3rdparty/signup/", sent | AGREED).status_code == 302
    user = User.objects.get()
    purposes = set(ConsentRecord.objects.filter(person=user.pk).values_list("purpose", flat=True))
    assert purposes == {"notice", "age"}
    assert client.get("/catalogue/").status_code == 200
    account = SocialAccount.objects.get(user=user)
    assert account.extra_data == {"email": "new@example.org"}  # no name, no picture
    assert EmailAddress.objects.get(user=user).verified


def test_who_came_once_comes_in_again(client: Client, provider: Any) -> None:
    come_back(client)
    client.post("/accounts/3rdparty/signup/", {"email": "new@example.org"} | AGREED)
    again = Client()
    assert come_back(again)["Location"] == "/"
    assert again.get("/settings/").status_code == 200 and User.objects.count() == 1


@pytest.mark.parametrize("proven", [True, False])
def test_an_address_of_a_provider_opens_no_account(client: Client, provider: Any, proven: bool) -> None:
    owner = User.objects.create_user("new@example.org", PASSWORD)
    EmailAddress.objects.create(user=owner, email=owner.email, primary=True, verified=True)
    provider.profile["email_verified"] = proven
    assert come_back(client)["Location"].startswith("/accounts/3rdparty/signup/")
    client.post("/accounts/3rdparty/signup/", {"email": "new@example.org"} | AGREED)
    assert client.get("/settings/").status_code == 302
    assert User.objects.count() == 1 and not SocialAccount.objects.exists()


def test_an_address_that_nobody_proved_stays_unproven(client: Client, provider: Any) -> None:
    provider.profile["email_verified"] = False
    come_back(client)
    client.post("/accounts/3rdparty/signup/", {"email": "new@example.org"} | AGREED)
    assert not EmailAddress.objects.get().verified


def test_whoever_is_signed_in_connects_it_after_a_confirmation(client: Client, provider: Any) -> None:
    owner = User.objects.create_user("anna@example.org", PASSWORD)
    client.post("/accounts/login/", {"login": owner.email, "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    come_back(client, "connect")
    assert SocialAccount.objects.get().user == owner
    assert AuditEvent.objects.filter(action="provider.connected", actor=owner.pk).count() == 1
    assert "new@example.org" in client.get("/accounts/3rdparty/").text


def test_a_provider_that_is_away_is_said_to_be(client: Client, provider: Any) -> None:
    provider.shutdown()
    provider.server_close()
    assert client.post("/accounts/oidc/sso/login/").status_code == 502


def test_closed_sign_up_is_closed_here_too(client: Client, provider: Any, settings: Any) -> None:
    settings.ACCOUNT_SIGNUP_OPEN = False
    come_back(client)
    client.post("/accounts/3rdparty/signup/", {"email": "new@example.org"} | AGREED)
    assert not User.objects.exists()


def test_without_settings_nothing_is_shown_or_called(client: Client, db: None, monkeypatch: Any) -> None:
    monkeypatch.setattr("requests.Session.request", lambda *_a, **_k: pytest.fail("called out"))
    assert sign_in_providers() == {}
    page = client.get("/accounts/login/").text
    assert "third" not in page.lower() and "Google" not in page
    for path in ("google/login/", "github/login/", "oidc/sso/login/"):
        assert client.post(f"/accounts/{path}").status_code == 404


def test_each_provider_is_set_by_its_client_id(monkeypatch: Any) -> None:
    for name in ("GOOGLE", "OIDC"):
        monkeypatch.setenv(f"{name}_CLIENT_ID", "id")
        monkeypatch.setenv(f"{name}_CLIENT_SECRET", "secret")
    monkeypatch.setenv("OIDC_ISSUER", "https://sso.example.org/realms/all/")
    found = sign_in_providers()
    assert set(found) == {"google", "openid_connect"}
    [app] = [SimpleNamespace(**one) for one in found["openid_connect"]["APPS"]]
    assert app.settings["server_url"] == "https://sso.example.org/realms/all"
