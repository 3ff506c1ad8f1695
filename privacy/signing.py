"""Certificates: canonical JSON under Ed25519 (RFC 8032). Pure: to be checked anywhere.

What is signed is the document without its `signature`, as UTF-8 JSON with sorted keys and no spaces.
"""

import base64
import binascii
import hashlib
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


def canonical(document: dict[str, Any]) -> bytes:
    signed = {name: value for name, value in document.items() if name != "signature"}
    return json.dumps(signed, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def key_id_of(public: bytes) -> str:
    return hashlib.sha256(public).hexdigest()[:16]


def public_of(private: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def signed(document: dict[str, Any], private: bytes) -> dict[str, Any]:
    """The document with its `signature` in base64."""
    signature = Ed25519PrivateKey.from_private_bytes(private).sign(canonical(document))
    return {**document, "signature": base64.b64encode(signature).decode()}


def is_signed_by(document: dict[str, Any], public: bytes) -> bool:
    """False for anything that was changed, and for what is no certificate at all."""
    try:
        signature = base64.b64decode(str(document.get("signature", "")), validate=True)
        Ed25519PublicKey.from_public_bytes(public).verify(signature, canonical(document))
    except (InvalidSignature, binascii.Error, ValueError, TypeError):
        return False
    return True
