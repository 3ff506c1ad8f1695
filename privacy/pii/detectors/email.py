"""E-mail addresses: as written, and as they are typed when signs get lost ("ram 88 gmailcom")."""

import re
from functools import cache

import tldextract

from privacy.pii.clues import Clues
from privacy.pii.detectors.base import PatternDetector

_PROVIDERS = "gmail|gamil|gmial|yahoo|ymail|hotmail|outlook|icloud|rediffmail|protonmail|aol"
_NOT_LOCAL = (
    r"(?!(?:my|is|email|mail|id|the|a|an|to|and|your|our|via|by|on|in|at|use|with|from|it|its|address"
    r"|name|for"
    r"|phone|no|login|reset|of|has|have|new|old|account|password)\b)"
)
_CALLED_BY_NAME = frozenset(
    f"{name}{tail}" for name in _PROVIDERS.split("|") for tail in ("", "com", "mail", "in", "co", "con")
)

_SIGN = r"!#$%&'*+\-/=?^_`{|}~\w"  # what a name may hold without quotes (RFC 5322, atext), and any letter
_RESERVED = frozenset({"example", "test", "invalid"})  # RFC 2606


@cache
def _suffixes() -> tldextract.TLDExtract:
    # The list in the wheel, never the network.
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def _at_a_real_domain(value: str) -> bool:
    domain = value.rpartition("@")[2]
    return bool(_suffixes()(domain).suffix) or domain.rpartition(".")[2].lower() in _RESERVED


_PROVIDER_MARKS = ("mail", "gami", "gmia", "yahoo", "outlook", "icloud", "aol")


def _names_a_provider(clues: Clues) -> bool:
    lower = clues.lower
    for mark in _PROVIDER_MARKS:  # noqa: SIM110  (a generator would take twice as long, on every turn)
        if mark in lower:
            return True
    return False


EMAIL = PatternDetector(
    name="email",
    kind="EMAIL",
    pattern=re.compile(
        # A name of up to 64 characters (RFC 5321) keeps the time linear.
        rf"\b(?:[{_SIGN}](?:[{_SIGN}.]{{0,62}}[{_SIGN}])?@\w+(?:-+\w+)*(?:\.\w+(?:-+\w+)*)+)\b",
        re.I,
    ),
    score=0.98,
    signs="@",
    need=lambda clues: not clues.han,
    check=_at_a_real_domain,
)

# Chinese characters are \w, so a text without spaces would be one long name: this one is
# ASCII only, takes "someone at mail dot com" too, and addresses at a bare provider ("anna@gmail").
SPELT_EMAIL = PatternDetector(
    name="email-spelt",
    kind="EMAIL",
    pattern=re.compile(
        r"(?:[\u3400-\u9fff]{1,3}\.(?=[\w\u3400-\u9fff]))?(?:(?<=\.)[\u3400-\u9fff]{1,3})?[\w.+-]+(?:@"
        r"| @ )(?:[a-z0-9-]+\.)*[a-z0-9-]*[a-z0-9](?:\.[a-z]{2,})?"
        r"|[a-z0-9._-]+ ?[\[(]?(?:\bat\b|@)[\])]? ?[a-z0-9-]+ ?[\[(]?\bdot\b[\])]? ?(?:com|net|org|co"
        r"|edu|io|uk|cn|de)\b",
        re.I | re.A,
    ),
    score=0.9,
    need=lambda clues: "@" in clues.text or "dot" in clues.word_set,
    check=lambda value: len(value) > 4,
)

UNPUNCTUATED_EMAIL = PatternDetector(
    name="email-unpunctuated",
    kind="EMAIL",
    pattern=re.compile(
        rf"(?<![\w@])(?:{_NOT_LOCAL}[a-z][\w.-]{{1,30}}(?: \d{{1,6}})*(?: [a-z]{{1,2}}(?= \d))*(?: "
        rf"\d{{1,6}})* "
        rf"(?:{_PROVIDERS})(?: ?(?:\. ?)?(?:com|co\.? ?in|in|con|co))?\b"
        rf"|[a-z][\w.-]{{2,40}}(?:{_PROVIDERS})(?: ?(?:\. ?)?(?:com|in|con|co))\b)",
        re.I,
    ),
    score=0.85,
    language="en",
    need=_names_a_provider,
)
