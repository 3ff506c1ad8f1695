"""Internet addresses: IP, MAC, links."""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass

from privacy.pii.clues import Clues
from privacy.pii.detectors.base import Gate, PatternDetector
from privacy.pii.finding import Finding

_BYTE = r"(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)"
_V4 = rf"(?:{_BYTE}\.){{3}}{_BYTE}"
_PREFIX = r"(?:/(?:12[0-8]|1[01]\d|[1-9]?\d))?"
_GROUP = "[0-9A-Fa-f]{1,4}"
_V6 = "|".join(
    [
        rf"(?:{_GROUP}:){{7}}{_GROUP}",
        rf"(?:{_GROUP}:){{1,7}}:",
        rf":(?::{_GROUP}){{1,7}}",
        rf"(?:{_GROUP}:){{1,6}}:{_GROUP}",
        *(rf"(?:{_GROUP}:){{1,{7 - n}}}(?::{_GROUP}){{1,{n}}}" for n in range(2, 6)),
        rf"{_GROUP}:(?::{_GROUP}){{1,6}}",
    ]
)
_IP_SHAPES = (
    re.compile(rf"(?<![\w:])::(?:ffff(?::0{{1,4}})?:)?{_V4}{_PREFIX}\b", re.I),
    re.compile(
        rf"(?<![\w:])(?:(?:{_GROUP}:){{1,5}}:(?:{_GROUP}:){{0,4}}|(?:{_GROUP}:){{6}}){_V4}{_PREFIX}\b"
    ),
    # Not \b: Chinese goes on without a space, and its characters are letters to it.
    re.compile(rf"(?<![0-9A-Za-z_]){_V4}(?:/(?:[0-2]?\d|3[0-2]))?(?![0-9A-Za-z_])"),
    re.compile(rf"(?<![\w:])(?:{_V6})(?:%[0-9a-zA-Z]+)?{_PREFIX}(?![\w:]|\.\d)"),
)


_DOTTED = re.compile(r"[0-9]\.[0-9]{1,3}\.[0-9]")


def _may_hold_an_address(clues: Clues) -> bool:
    text = clues.text
    return text.count(":") > 1 or (text.count(".") > 2 and _DOTTED.search(text) is not None)


@dataclass(frozen=True)
class IpAddress:
    """IPv4 and IPv6 in all their spellings (RFC 4291, section 2.2), if they name an address."""

    name: str = "ip"
    kinds: frozenset[str] = frozenset({"IP"})
    language: str | None = None
    gate: Gate = Gate(digits=1, signs=".:", also=_may_hold_an_address)

    def find(self, clues: Clues) -> Iterator[Finding]:
        for shape in _IP_SHAPES:
            for match in shape.finditer(clues.text):
                if len(match[0]) > 5 and _is_address(match[0]):
                    yield Finding(*match.span(), "IP", 0.9, self.name)


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_interface(value)
    except ValueError:
        return False
    return True


IP = IpAddress()


def _is_device(value: str) -> bool:
    """All zeros and all ones name no device."""
    return set(re.sub(r"[:.-]", "", value).upper()) not in ({"0"}, {"F"})


MAC = PatternDetector(
    name="mac",
    kind="MAC",
    pattern=re.compile(
        r"\b[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}\b"
        r"|\b[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\b"
    ),
    score=0.9,
    signs=":-",
    need=lambda clues: clues.text.count(":") > 4 or clues.text.count("-") > 4,
    check=_is_device,
)

# One of these, "www." or "://" is in every link.
_SUFFIX = re.compile(r"\.(?:com|net|org|edu|gov|info|biz|io|co)")

# A link, or a bare host under a suffix that people give out; "today.i" and "ok.so" are typing errors.
URL = PatternDetector(
    name="url",
    kind="URL",
    pattern=re.compile(
        r"(?:https?://|ftp://|www\.)[^\s<>\"'()\[\]，。；！？\ufffc\u3400-\u9fff]*[\w/=&#-]"
        r"|(?<![\w@.-])(?:[a-z0-9-]{2,63}\.){1,3}(?:com|net|org|edu|gov|info|biz|io|co\.uk|com\.[a-z]{2})\b"
        r"(?:/[^\s<>\"'()\[\]，。；！？\ufffc\u3400-\u9fff]*[\w/=&#-])?",
        re.I,
    ),
    score=0.7,
    signs=".:",
    need=lambda clues: (
        _SUFFIX.search(clues.lower) is not None or "://" in clues.text or "www." in clues.lower
    ),
)


_HOST = re.compile(r"\.[a-z]{2,24}(?::\d{1,5})?/", re.I)

# "shop.example.de/reset?token=8f2ac1": whoever has the link may be taken for its owner, whatever the suffix.
TOKEN_URL = PatternDetector(
    name="url-token",
    kind="URL",
    pattern=re.compile(
        r"(?<![\w@.-])(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,24}(?::\d{1,5})?(?=/)[^\s<>\"'，。；！？\ufffc\u3400-\u9fff]*"
        r"[?&#;/](?:[\w-]*(?:token|key|sig|signature|auth|session|sid|code|otp|jwt|ticket|password|pwd"
        r"|secret|hash"
        r"|invite|reset|user|uid|email|phone|id))[=/][^\s<>\"'，。；！？\ufffc\u3400-\u9fff]*[\w/=#-]",
        re.I,
    ),
    score=0.85,
    signs="/",
    need=lambda clues: _HOST.search(clues.text) is not None,
)
