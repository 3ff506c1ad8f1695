"""What stands around an item's texts: its meta, its external id, its group.

A meta value is read as an answer to its key ("customer_name": "ravi"). An id that is a person's e-mail
address, telephone number, card or name becomes a pseudonym, the same under the same secret, so that grouping
and the refusal of ids that are taken go on working.
"""

import hmac
import re
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from typing import Any

from privacy.pii.detectors.base import words
from privacy.pii.finding import Finding, Scope
from privacy.pii.questions import NAMES
from privacy.pii.redactor import Redactor
from privacy.pii.scan import scan
from privacy.pii.values import normalised

# A code of the sender's own ("482-11873") may stand as an id: it tells nobody who somebody is.
_IN_IDS = frozenset(
    {"EMAIL", "PHONE", "CARD", "IBAN", "SSN", "NATIONAL_ID", "IP", "MAC", "PERSON", "PASSPORT", "PLATE"}
)
# A "name" of one of these is not somebody's.
_THINGS = words(
    "app brand business campaign category city class company country data dataset department domain event "
    "field file hotel host intent label model organisation organization product project queue region "
    "restaurant service shop source store street tag team template topic type"
)
# Keys of seconds or milliseconds since 1970, which look like telephone numbers.
_TIMES = words("at created date epoch modified received sent since time timestamp ts updated")
_EPOCH = re.compile(r"1[0-9]{9}(?:[0-9]{3})?")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[^\W\d_a-zA-Z]+")
_CODE = re.compile(r"[A-Za-z_]+[0-9]{0,3}")  # a key as nearly all are
_SHORTEST_NUMBER = 7  # digits of a number, not a text, that is looked at
_MOST_KNOWN = 4096

Original = dict[str, Any]


def redact_meta(meta: dict[str, Any], redactor: Redactor) -> tuple[dict[str, Any], list[Original]]:
    """The meta as others may see it, and what was replaced: [{place, path, kind, value, replacement}].

    A key that is somebody's address or number, or a name from the texts, is replaced as well. A number of
    seven digits or more is read like a text, and becomes one if replaced.
    """
    originals: list[Original] = []

    def read(value: Any, key: str, path: str) -> Any:
        if isinstance(value, dict):
            return entries(value, path)
        if isinstance(value, list):
            return [read(inner, key, f"{path}/{at}") for at, inner in enumerate(value)]
        text = _text_of(value)
        if text is None or _is_time(key, text):
            return value
        new, found = _redacted(text, question_of_key(key), redactor)
        originals.extend({"place": "meta", "path": path, **one} for one in found)
        return new if found else value

    def entries(inside: dict[str, Any], path: str) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        for name, inner in inside.items():
            new, found = _redacted(name, "", redactor) if _may_name(name, redactor) else (name, [])
            while new in shown:  # masks of two keys may look the same
                new += "_"
            originals.extend({"place": "meta", "path": path, **one} for one in found)
            shown[new] = read(inner, name, f"{path}/{new}")
        return shown

    if redactor.policy == "keep":
        return meta, []
    changed = entries(meta, "")
    return (changed, originals) if originals else (meta, [])


def _may_name(key: str, redactor: Redactor) -> bool:
    """Not "Customer Name", which reads like somebody's."""
    if _CODE.fullmatch(key):
        return False
    return "@" in key or sum(map(str.isdigit, key)) >= _SHORTEST_NUMBER or redactor.knows(key)


def _text_of(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if number and abs(value) >= 10 ** (_SHORTEST_NUMBER - 1) else None


def _is_time(key: str, text: str) -> bool:
    return _EPOCH.fullmatch(text) is not None and not _TIMES.isdisjoint(_words(key))


def _redacted(text: str, question: str, redactor: Redactor) -> tuple[str, list[Original]]:
    # Most meta is the same few words in every item; those are looked at once.
    if is_plain(text, None, redactor.scope, question) and not redactor.knows(text):
        return text, []
    result = redactor.redact_around([question, text])
    found = [
        {"kind": finding.kind, "value": text[finding.start : finding.end], "replacement": replacement}
        for turn, finding, replacement in result.findings
        if turn == 1
    ]
    return result.texts[1], found


def question_of_key(key: str) -> str:
    """What a key asks: "customerName" -> "customer name?"; of a thing's name it does not ask for a name."""
    parts = _words(key)
    if not _THINGS.isdisjoint(parts):
        parts = [word for word in parts if word not in NAMES]
    return f"{' '.join(parts)}?"


def _words(key: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(key)]


@lru_cache(maxsize=_MOST_KNOWN)
def is_plain(text: str, language: str | None, scope: Scope, question: str = "") -> bool:
    """Whether nothing is found in the text, and nothing in it was replaced before."""
    return "[" not in text and not scan(text, language=language, previous=question, scope=scope)


def pseudonymous_id(value: str, secret: bytes) -> tuple[str, str]:
    """The id, and the kind of personal data that it was ("" when it stays).

    A pseudonym is the kind and the first 80 bits of an HMAC-SHA-256 (RFC 2104) of the value as compared.
    """
    found = next(_personal(value), None)
    if found is None:
        return value, ""
    digest = hmac.digest(secret, f"id\0{normalised(value, found.kind)}".encode(), sha256).hex()[:20]
    return f"{found.kind.lower()}-{digest}", found.kind


def _personal(value: str) -> Iterator[Finding]:
    if (
        value.islower() and value.isalpha()
    ):  # "alpha", "anna": a name of a file's own for somebody or something
        return
    for finding in scan(value):
        # What only fills the whole text with digits is as likely a number of the sender's own.
        if finding.kind in _IN_IDS and (finding.detector != "answer" or finding.kind == "PERSON"):
            yield finding
