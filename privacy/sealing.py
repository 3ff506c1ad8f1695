"""Envelope encryption of what must not be read in passing: AES-GCM (NIST SP 800-38D). Pure: no Django.

Originals are sealed with a key of their item, that key is wrapped under its subject's, and the subject's
under the key-encryption key of the site (VAULT_KEY). Whoever seals needs none of the outer keys, and
destroying the subject's one makes every copy of its originals unreadable, wherever it lies.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Sealed:
    """`key` is the item's own, to be wrapped by whoever stores it."""

    nonce: bytes
    text: bytes
    key: bytes


def key_id(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:16]


def new_key() -> bytes:
    return os.urandom(KEY_BYTES)


def wrap(key: bytes, secret: bytes, bound: bytes) -> bytes:
    """`secret` under `key`, nonce first. It opens for the same `bound` only."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, secret, bound)


def unwrap(key: bytes, wrapped: "bytes | memoryview[int]", bound: bytes) -> bytes:
    """Raises cryptography's InvalidTag for another key, another `bound`, or a changed text."""
    text = bytes(wrapped)
    return AESGCM(key).decrypt(text[:_NONCE_BYTES], text[_NONCE_BYTES:], bound)


def bound_to(item: UUID, subject: UUID) -> bytes:
    """Binds an entry to whose it is, so that entries cannot be swapped between items or subjects."""
    return item.bytes + subject.bytes


def seal_originals(item: UUID, subject: UUID, originals: list[dict[str, Any]]) -> Sealed:
    """With a new key of the item's own."""
    key, nonce = new_key(), os.urandom(_NONCE_BYTES)
    text = json.dumps(originals, ensure_ascii=False).encode()
    return Sealed(nonce, AESGCM(key).encrypt(nonce, text, bound_to(item, subject)), key)


def open_originals(
    key: bytes, nonce: "bytes | memoryview[int]", text: "bytes | memoryview[int]", bound: bytes
) -> list[dict[str, Any]]:
    """Raises cryptography's InvalidTag for another key, item or subject, or a changed text.

    Entries from before there were keys of subjects are bound to their item alone.
    """
    rows: list[dict[str, Any]] = json.loads(AESGCM(key).decrypt(bytes(nonce), bytes(text), bound))
    return rows
