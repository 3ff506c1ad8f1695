import socket

import pytest

from local.errors import LocalError
from local.port import listen
from local.programs import allowed_hosts, site_url

EVERYWHERE = "0.0.0.0"  # noqa: S104


def test_a_free_port_is_taken_at_once() -> None:
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        assert listener.getsockname()[1] > 0


def test_a_taken_port_is_named_with_its_owner_and_another_port() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(LocalError, match=rf"Port {port} is already in use.*up --port \d+") as refusal:
            listen("127.0.0.1", port)
    assert "(process " in str(refusal.value)


@pytest.mark.parametrize(
    ("host", "port", "message"),
    [
        ("no-such-host.invalid", 8000, "no address"),
        ("127.0.0.1", 99_999, "99999 is no port"),
        ("192.0.2.1", 8000, "Cannot listen on 192.0.2.1"),
    ],
)
def test_an_impossible_address_gives_one_message(host: str, port: int, message: str) -> None:
    with pytest.raises(LocalError, match=message):
        listen(host, port)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        (EVERYWHERE, "http://127.0.0.1:8000"),
        ("::1", "http://[::1]:8000"),
        ("box.lan", "http://box.lan:8000"),
    ],
)
def test_the_address_to_open(host: str, url: str) -> None:
    assert site_url(host, 8000) == url


def test_only_named_hosts_are_served() -> None:
    assert allowed_hosts("127.0.0.1") == ["localhost", "127.0.0.1", "[::1]"]
    assert allowed_hosts("box.lan")[-1] == "box.lan"
    assert socket.gethostname() in allowed_hosts(EVERYWHERE)
    assert "*" not in allowed_hosts(EVERYWHERE)
