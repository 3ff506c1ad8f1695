"""E-mail addresses: as written, and as they are typed when signs get lost ("ram 88 gmailcom")."""

import re

from privacy.pii.detectors.base import PatternDetector
from privacy.pii.detectors.presidio import PresidioDetector

_PROVIDERS = "gmail|gamil|gmial|yahoo|ymail|hotmail|outlook|icloud|rediffmail|protonmail|aol"
_NOT_LOCAL = (
    r"(?!(?:my|is|email|mail|id|the|a|an|to|and|your|our|via|by|on|in|at|use|with|from|it|its|address"
    r"|name|for"
    r"|phone|no|login|reset|of|has|have|new|old|account|password)\b)"
)
_CALLED_BY_NAME = frozenset(
    f"{name}{tail}" for name in _PROVIDERS.split("|") for tail in ("", "com", "mail", "in", "co", "con")
)

EMAIL = PresidioDetector(
    name="email",
    kind="EMAIL",
    recogniser="EmailRecognizer",
    score=0.98,
    need=lambda clues: "@" in clues.text and not clues.han,
)

# Presidio asks for a \w before the "@" at a word boundary, and Chinese characters are \w: this one is
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
    need=lambda clues: any(
        mark in clues.lower for mark in ("mail", "gami", "gmia", "yahoo", "outlook", "icloud", "aol")
    ),
)
