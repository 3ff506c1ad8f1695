"""Passwords, user names and keys, known by the words before them or by an issuer's prefix."""

import re

from privacy.pii.clues import Clues
from privacy.pii.detectors.base import PatternDetector, words

_WORDS = "password passwords passwd pwd pasword passward passworld pass passcode pin pw db"


def _secret(value: str) -> bool:
    return any(not char.isalpha() for char in value) and len(value) > 2


PASSWORD = PatternDetector(
    name="password",
    kind="PASSWORD",
    pattern=re.compile(
        r"\b(?:passwords?|passwd|pwd|pasword|passward|passworld|passcode|pw|pin)\b[\"']?"
        r"(?:[ .:#=\"'-]|\b(?:number|no|code|is|was|as)\b)*(?<!\w)"
        r"(?P<value>[^\W_]*\d[^\s\"',;\ufffc]*|[a-z]{1,6} \d{1,6}(?: [a-z0-9]{1,4})*"
        r"|[^\s\"',.;\ufffc]*[@#$%!^&*][^\s\"',;\ufffc]*)",
        re.I,
    ),
    score=0.9,
    language="en",
    digits=1,
    words=words(_WORDS),
    check=_secret,
)

QUOTED = "password-quoted"
QUOTED_SECRET = PatternDetector(
    name=QUOTED,
    kind="PASSWORD",
    pattern=re.compile(
        r"(?:password|passwd|secret|pwd|\bpass)[\"']?\s*(?::=|[:=])\s*[\"'](?P<value>[^\s\"'\ufffc]{6,80})[\"']",
        re.I,
    ),
    score=0.9,
    words=words("password passwd secret pwd db pass"),
)

USERNAME = PatternDetector(
    name="username",
    kind="USERNAME",
    pattern=re.compile(
        r"\b(?:user ?name|user ?id|login(?: id| name)?|username)\b[\"']?(?:[ .:#=\"'-]|\bis\b)+"
        r"(?P<value>(?!(?:and|is|my|the|or|for|to|on|in|not|password|it|page|i|with|that|which)\b)"
        r"[a-z][\w.-]{2,30}(?: \d{1,5})?)",
        re.I,
    ),
    score=0.8,
    language="en",
    words=words("username user login userid"),
    check=lambda value: any(char.isdigit() or char in "._" for char in value),
)

# How an issuer's keys begin; those of the others have no joint.
_JOINED = re.compile(r"[spr]k[-_]|gh[pousr]_|xox[abp]-")


def _may_hold_a_key(clues: Clues) -> bool:
    text = clues.text
    if len(text) < 16:
        return False
    return (
        "IA" in text or "eyJ" in text or (("-" in text or "_" in text) and _JOINED.search(text) is not None)
    )


API_KEY = PatternDetector(
    name="api-key",
    kind="API_KEY",
    pattern=re.compile(
        r"(?<![\w-])(?:sk|pk|rk)[-_](?:live[-_]|test[-_]|proj-)?[A-Za-z0-9]{16,}|(?<!\w)(?:AKIA|ASIA)"
        r"[A-Z0-9]{16}"
        r"|(?<!\w)gh[pousr]_[A-Za-z0-9]{30,}|(?<!\w)xox[abp]-[A-Za-z0-9-]{10,}|(?<!\w)"
        r"eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]+"
    ),
    score=0.97,
    need=_may_hold_a_key,
)
