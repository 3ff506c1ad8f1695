"""Servers that a user names: asked carefully, and never inside the site's own network."""

import socket

import pytest
from pytest_django import Settings

from applications.finance_monitor import fetching
from applications.finance_monitor.fetching import NotFetched, fetch, is_public
from tests.applications.finance_monitor.conftest import Server, reply


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.1", "100.64.0.1",
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00::1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "2002:7f00:1::", "ff02::1", "::127.0.0.1", "64:ff9b:1::7f00:1", "::ffff:0:7f00:1",
        "fec0::1",
    ],
)  # fmt: skip
def test_private_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


def test_addresses_of_the_internet_are() -> None:
    assert is_public("93.184.216.34") and is_public("2606:4700::1111") and is_public("64:ff9b::5db8:d822")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/x", "file:///etc/passwd", "https://", "//example.org", "https://me:word@example.org/",
        "http://127.0.0.1/", "http://[::1]:80/", "http://2130706433/", "http://0x7f.1/", "http://localhost/",
        "gopher://example.org", "http://[::1/", "http://[x]/",  "http://exa mple\u0000.org/", "http://127.0.0.1:99999/",
    ],
)  # fmt: skip
def test_what_must_not_be_asked_is_refused(url: str) -> None:
    with pytest.raises(NotFetched):
        fetch(url)


def test_a_name_with_one_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(socket.AF_INET, 1, 6, "", ("93.184.216.34", 80)), (socket.AF_INET, 1, 6, "", ("10.0.0.5", 80))]
    monkeypatch.setattr(fetching.socket, "getaddrinfo", lambda *_args, **_more: both)
    with pytest.raises(NotFetched, match="private network"):
        fetch("http://feeds.example.org/")


def test_the_address_that_was_checked_is_the_one_that_is_asked(
    server: Server, private: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that answers otherwise the second time leads nowhere else: it is looked up once."""
    looked_up = []

    def once(host: str, port: int, **_more: object) -> object:
        looked_up.append(host)
        assert host == "feeds.example.org" and len(looked_up) == 1
        return [(socket.AF_INET, 1, 6, "", ("127.0.0.1", port))]

    real = socket.getaddrinfo
    monkeypatch.setattr(
        fetching.socket, "getaddrinfo",
        lambda host, port, *args, **more: once(host, port)
        if host == "feeds.example.org" else real(host, port, *args, **more),
    )  # fmt: skip
    found = fetch(f"http://feeds.example.org:{server.http.server_port}/feed?a=1")
    assert found.content == b"hello"
    [(line, headers, _body)] = server.asked
    assert line == "GET /feed?a=1" and headers["Host"] == f"feeds.example.org:{server.http.server_port}"


def test_a_redirect_into_a_private_network_is_not_followed(
    server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FINANCE_PRIVATE_NETWORKS = False
    monkeypatch.setattr(fetching, "is_public", lambda address: address == "127.0.0.1")
    server.answer = lambda request: reply(request, 302, Location="http://169.254.169.254/latest/meta-data")
    with pytest.raises(NotFetched, match="private network"):
        fetch(server.url)
    assert len(server.asked) == 1


def test_redirects_are_followed_but_not_for_ever(server: Server, private: None) -> None:
    server.answer = lambda request: reply(
        request, *((200, b"there") if request.path == "/b" else (301, b"")), Location="/b"
    )
    assert fetch(f"{server.url}/a").content == b"there"
    server.answer = lambda request: reply(request, 307, Location="/again")
    with pytest.raises(NotFetched, match="too often"):
        fetch(server.url)


def test_what_is_sent_goes_to_no_other_place(server: Server, private: None) -> None:
    server.answer = lambda request: reply(request, 308, Location="/elsewhere")
    assert fetch(server.url, body=b"secret").status == 308
    assert len(server.asked) == 1


def test_an_answer_that_is_too_large_is_not_read_to_its_end(server: Server, private: None) -> None:
    server.answer = lambda request: reply(request, 200, b"x" * 300_000)
    with pytest.raises(NotFetched, match="larger"):
        fetch(server.url, most_bytes=100_000)


def test_a_server_that_is_not_there_is_no_fault_of_ours(private: None) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(NotFetched, match="did not answer"):
        fetch(f"http://127.0.0.1:{port}/")
