"""Whoever only reads gets no cookie; no page refers to another host; the server opens no socket to one."""

import ipaddress
import json
import re
import socket
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import Role
from accounts.roles import grant
from tests.annotations.crowd import decide
from tests.factories import client_of, make_items, make_project, make_user, sign_up_form

ROOT = Path(__file__).resolve().parents[2]
READING = ["/", "/privacy/notice/", "/privacy/notice/?regime=pipl", "/healthz", "/readyz", "/api/docs/",
           "/api/v1/privacy/notice", "/nothing/here/"]  # fmt: skip
FORMS = ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"]
SIGNED_IN = ["/catalogue/", "/work/", "/earnings/", "/recognition/", "/settings/", "/privacy/",
             "/privacy/consents/", "/projects/", "/projects/new/", "/review/", "/training/", "/models/",
             "/finance/", "/health/", "/privacy/notices/", "/privacy/retention/"]  # fmt: skip
# What a browser would fetch or lead to by itself; addresses of XML namespaces are names, not addresses.
REFERS = re.compile(r"""(?:src|href|action|srcset|poster|data|formaction)=["']?((?:https?:)?//[^"'\s>]+)""")
LOADS = re.compile(r"""(?:url\(|@import\s+|\bfrom\s+|\bimport\(|\bfetch\()["']?((?:https?:)?//[^"'\s)]+)""")


@pytest.mark.parametrize("path", READING)
def test_whoever_only_reads_gets_no_cookie(client: Client, db: None, path: str) -> None:
    answer = client.get(path)
    assert dict(answer.cookies) == {}


@pytest.mark.parametrize("path", FORMS)
def test_a_form_sets_what_protects_it_and_nothing_else(client: Client, db: None, path: str) -> None:
    assert set(client.get(path).cookies) <= {"csrftoken", "sessionid"}


def test_the_language_is_a_cookie_only_when_it_was_chosen(client: Client, db: None) -> None:
    assert "django_language" not in client.get("/", headers={"Accept-Language": "zh-hans"}).cookies
    strict = Client(enforce_csrf_checks=True)
    chosen = strict.post("/i18n/setlang/", {"language": "zh-hans", "next": "/"})
    assert set(chosen.cookies) == {"django_language"}


def administrator() -> Client:
    user = make_user("admin")
    grant(user, Role.ADMIN)
    client = Client()
    client.force_login(user)
    return client


def own(address: str) -> bool:
    """The notice names its site in full, for a copy that is read elsewhere."""
    return address.startswith(f"{settings.SITE_URL}/")


def test_no_page_refers_to_another_host(db: None) -> None:
    reader, admin = Client(), administrator()
    pages = {path: reader.get(path).text for path in [*READING, *FORMS]}
    pages |= {path: admin.get(path).text for path in SIGNED_IN}
    found = {
        path: [one for one in REFERS.findall(text) + LOADS.findall(text) if not own(one)]
        for path, text in pages.items()
    }
    assert {path: hosts for path, hosts in found.items() if hosts} == {}


def test_no_script_or_style_of_ours_loads_from_another_host() -> None:
    sources = [*ROOT.glob("static/**/*.css"), *ROOT.glob("static/**/*.js"), *ROOT.glob("static/**/*.svg")]
    assert len(sources) > 20
    assert not [source for source in sources if LOADS.findall(source.read_text())]


class Sockets:
    """An audit hook of the interpreter (PEP 578): it sees every connect and name look-up, also from C code
    that uses Python's sockets. It cannot be taken out again, so it is switched."""

    def __init__(self) -> None:
        self.on, self.outside = False, []
        sys.addaudithook(self.hear)

    def hear(self, event: str, arguments: tuple) -> None:
        if not self.on:
            return
        if event == "socket.connect" and not self.is_here(arguments[1]):
            self.outside.append(arguments[1])
        if event == "socket.getaddrinfo" and not self.is_here((arguments[0], 0)):
            self.outside.append(arguments[0])

    @staticmethod
    def is_here(address: object) -> bool:
        if not isinstance(address, tuple):
            return True  # a path: a socket of this machine
        try:
            return ipaddress.ip_address(address[0] or "127.0.0.1").is_loopback
        except ValueError:
            return address[0] in {"localhost", socket.gethostname()}


SOCKETS = Sockets()


def test_the_watch_sees_a_call_to_the_outside() -> None:
    SOCKETS.on = True
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:  # nothing is sent by this
        one.connect(("192.0.2.1", 9))
    SOCKETS.on = False
    assert SOCKETS.outside == [("192.0.2.1", 9)]
    SOCKETS.outside.clear()


def test_a_round_of_typical_requests_calls_nobody(client: Client, db: None) -> None:
    SOCKETS.on = True
    try:
        signed = client.post("/accounts/signup/", sign_up_form("n@example.org", "correct horse battery"))
        assert signed.status_code == 302
        project = make_project()
        owner, worker = client_of(project.owner), client_of(make_user())
        address = f"/api/v1/projects/{project.pk}"
        line = json.dumps({"id": "1", "text": "Call Maria Jensen on +44 20 7946 0958."})
        sent = owner.post(f"{address}/items:import", line.encode(), content_type="application/x-ndjson")
        assert sent.status_code == 202
        (item,) = make_items(project, 1)
        claimed = worker.post(f"{address}/claim", {"count": 1}).json()["assignments"]
        worker.post(
            f"/api/v1/assignments/{claimed[0]['id']}/submit", {"answer": {"intent": "other"}, "seconds": 2}
        )
        decide(make_items(project, 1)[0], "other", "other", "other")
        b"".join(owner.get(f"{address}/export").streaming_content)
        admin = administrator()
        for path in SIGNED_IN:
            assert admin.get(path).status_code == 200, path
    finally:
        SOCKETS.on = False
    assert SOCKETS.outside == []
