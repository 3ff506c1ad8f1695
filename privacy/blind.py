"""A blind index: keyed digests (HMAC-SHA256, RFC 2104) of what people are known by. Pure: no Django.

Who holds the database but not the key learns from a digest only which rows have the same value.
"""

import hmac
from collections.abc import Iterable
from hashlib import sha256
from typing import Any
from uuid import UUID

from privacy.pii.lookup import forms_asked, forms_of

SUBJECT, GROUP, ITEM = "subject", "group", "item"


def digest(key: bytes, purpose: str, text: str) -> UUID:
    """The first 128 bits, which no two of a billion values share by chance."""
    return UUID(bytes=hmac.digest(key, f"{purpose}\0{text}".encode(), sha256)[:16])


def digests_of(key: bytes, originals: Iterable[dict[str, Any]]) -> list[UUID]:
    """Of the values of one item: [{kind, value}]."""
    forms = {form for row in originals for form in forms_of(row["value"], row["kind"])}
    return sorted(digest(key, "value", form) for form in forms)


def digests_asked(key: bytes, value: str) -> frozenset[UUID]:
    return frozenset(digest(key, "value", form) for form in forms_asked(value))


def reference(key: bytes, kind: str, ref: str) -> UUID:
    """Of a subject's id in somebody else's books, the same in every project."""
    return digest(key, f"reference {kind}", ref)


def subject_id(key: bytes, project: UUID, kind: str, ref: str) -> UUID:
    """Derived, so that whoever prepares an item can bind it to its subject without asking the database."""
    return digest(key, f"subject of {project} {kind}", ref)
