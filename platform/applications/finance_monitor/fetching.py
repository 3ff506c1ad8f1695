"""Asking servers that a user named, without being led into the site's own network.

A name is looked up once, every address it has must be a public one, and the connection goes to the address
that was checked, so that a second look-up cannot answer otherwise. Redirects are followed one at a time and
checked alike. Feeds and webhooks both go this way.
"""

import ipaddress
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpx
from django.conf import settings
from django.utils.translation import gettext as _

SECONDS = 10.0  # for each step: connecting, a part of the answer
WHOLE = 30.0  # for everything
MOST_BYTES = 4 * 1024 * 1024
MOST_REDIRECTS = 3
_REDIRECTS = {301, 302, 303, 307, 308}


class NotFetched(Exception):
    """What went wrong, in words for whoever named the URL."""


@dataclass(frozen=True, slots=True)
class Fetched:
    status: int
    content: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a URL leads: the address that was checked, and what the server is called."""

    url: httpx.URL
    host: str
    netloc: str


def fetch(
    url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None,
    most_bytes: int = MOST_BYTES,
) -> Fetched:  # fmt: skip
    """GET, or POST where there is a body, which no redirect leads on elsewhere. Raises NotFetched."""
    deadline = time.monotonic() + WHOLE
    for _turn in range(MOST_REDIRECTS + 1):
        found = _once(place_of(url), dict(headers or {}), body, most_bytes, deadline)
        if found.status not in _REDIRECTS or body is not None or not found.headers.get("location"):
            return found
        url = urljoin(url, found.headers["location"])
    raise NotFetched(_("Redirected too often."))


def place_of(url: str) -> _Place:
    """Look the URL's server up; raises NotFetched where it must not be asked."""
    wrong = _("Give a URL that begins with https:// or http:// and holds no password.")
    try:
        parts, target = urlsplit(url), httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        raise NotFetched(wrong) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise NotFetched(wrong)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError, UnicodeError):
        raise NotFetched(_("This server's name is not known.")) from None
    addresses = [str(entry[4][0]) for entry in found]
    if not settings.FINANCE_PRIVATE_NETWORKS and not all(is_public(address) for address in addresses):
        raise NotFetched(_("This server is in a private network, which this site does not ask."))
    return _Place(target.copy_with(host=addresses[0], fragment=None), parts.hostname, target.netloc.decode())


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open Internet, as is the IPv4 address that may be inside it."""
    found = ipaddress.ip_address(address.split("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inside = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inside is not None:
            return inside.is_global and not inside.is_multicast
        if found in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
        # Nothing else is given out on the Internet (RFC 4291): no site-local addresses of old, and no other
        # way of writing an IPv4 address into a longer one, which a translator here might follow.
        if found not in _GLOBAL_UNICAST:
            return False
    return found.is_global and not found.is_multicast


_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")


def _once(
    place: _Place, headers: dict[str, str], body: bytes | None, most_bytes: int, deadline: float
) -> Fetched:
    headers = {"User-Agent": "Manyhands", "Accept-Encoding": "identity", **headers, "Host": place.netloc}
    # No proxy from the environment: it would look the name up again, in a network of its own.
    client = httpx.Client(timeout=SECONDS, trust_env=False, follow_redirects=False)
    try:
        with client, client.stream(
            "GET" if body is None else "POST", place.url, headers=headers, content=body,
            extensions={"sni_hostname": place.host},
        ) as response:  # fmt: skip
            return Fetched(response.status_code, _read(response, most_bytes, deadline), response.headers)
    except httpx.HTTPError as error:
        raise NotFetched(_("The server did not answer: %s.") % type(error).__name__) from error


def _read(response: httpx.Response, most_bytes: int, deadline: float) -> bytes:
    content = bytearray()
    # Bytes as they came: what would unfold to gigabytes is refused by the parser as no feed.
    for part in response.iter_raw():
        content += part
        if len(content) > most_bytes:
            raise NotFetched(_("The answer is larger than %d MB.") % (most_bytes // 1024**2))
        if time.monotonic() > deadline:
            raise NotFetched(_("The server took too long."))
    return bytes(content)
