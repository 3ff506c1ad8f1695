"""Originals of replaced personal data under AES-GCM (NIST SP 800-38D). Pure: no Django, no database."""

import hashlib
import json
import os
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


@dataclass(frozen=True, slots=True)
class Sealed:
    nonce: bytes
    text: bytes
    key_id: str


class Seal:
    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self.key_id = hashlib.sha256(key).hexdigest()[:16]

    def close(self, item_id: UUID, originals: list[dict[str, Any]]) -> Sealed:
        """The item's id is bound in, so that entries cannot be swapped between items."""
        nonce = os.urandom(12)
        text = json.dumps(originals, ensure_ascii=False).encode()
        return Sealed(nonce, self._cipher.encrypt(nonce, text, item_id.bytes), self.key_id)

    def open(self, item_id: UUID, nonce: bytes, text: bytes) -> list[dict[str, Any]]:
        """Raises cryptography's InvalidTag for another key, another item, or a changed text."""
        rows: list[dict[str, Any]] = json.loads(self._cipher.decrypt(nonce, text, item_id.bytes))
        return rows
